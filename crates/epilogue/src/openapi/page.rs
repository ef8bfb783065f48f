//! The routes that serve the documentation.

use std::sync::OnceLock;

use bytes::Bytes;
use http::header;

use super::OpenApi;
use crate::app::PlacedRoute;
use crate::graph::node::RouteNode;
use crate::param::State;
use crate::{IntoResponse, Response, Route, get};

/// Under these names errors of the start speak of them.
pub(super) static DOCUMENT: RouteNode = RouteNode { name: "OpenApi::path", ..<openapi_json as Route>::NODE };
pub(super) static PAGE: RouteNode = RouteNode { name: "OpenApi::docs_path", ..<docs as Route>::NODE };
pub(super) static LOGGED_IN: RouteNode =
    RouteNode { name: "OpenApi::docs_path", ..<logged_in as Route>::NODE };

/// Where a reader comes back to the page after a login elsewhere: FastAPI's `oauth2-redirect`.
pub(super) fn logged_in_path(docs_path: &str) -> String {
    format!("{}/oauth2-redirect", docs_path.trim_end_matches('/'))
}

/// What is documented. The document is made when it is first asked for: it runs code of the app's types, whose errors must not keep the
/// app from starting.
pub(super) struct DocumentedApp {
    openapi: OpenApi,
    routes: Vec<PlacedRoute>,
    json: OnceLock<Bytes>,
}

impl DocumentedApp {
    pub(super) fn new(openapi: OpenApi, routes: Vec<PlacedRoute>) -> Self {
        Self { openapi, routes, json: OnceLock::new() }
    }
}

#[get("", hidden, blocking, crate = crate)]
fn openapi_json(documented: &State<DocumentedApp>) -> Response {
    let DocumentedApp { openapi, routes, json } = &**documented;
    // Not made within `get_or_init`, under whose lock the code of the app's types and edits would run.
    if json.get().is_none() {
        let made = openapi.document_of(routes).to_string();
        let _ = json.set(made.into());
    }
    sent("application/json", json.get().cloned().unwrap_or_default())
}

#[get("", hidden, crate = crate)]
fn docs(documented: &State<DocumentedApp>) -> Response {
    let OpenApi { title, path, docs_path, .. } = &documented.openapi;
    let from = docs_path.as_deref().unwrap_or_default();
    let page = page_of(title, &relative(from, path), &relative(from, &logged_in_path(from)));
    sent("text/html; charset=utf-8", page.into())
}

#[get("", hidden, crate = crate)]
fn logged_in() -> Response {
    let page = "<!DOCTYPE html>\n<script src=\"https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/oauth2-redirect.js\"></script>\n";
    sent("text/html; charset=utf-8", Bytes::from_static(page.as_bytes()))
}

fn sent(content_type: &'static str, body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// From one path to another, as a link: the app may be nested under a path that it does not know.
fn relative(from: &str, to: &str) -> String {
    let up = "../".repeat(from.matches('/').count().saturating_sub(1));
    format!("./{up}{}", to.trim_start_matches('/'))
}

/// Swagger UI, from where FastAPI's page has it.
fn page_of(title: &str, document: &str, logged_in: &str) -> String {
    let [title, document, logged_in] = [title, document, logged_in].map(escaped);
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-document="{document}" data-logged-in="{logged_in}"></div>
<script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
<script>
const {{ document: url, loggedIn }} = document.getElementById("swagger-ui").dataset;
SwaggerUIBundle({{
  url,
  dom_id: "#swagger-ui",
  deepLinking: true,
  oauth2RedirectUrl: new URL(loggedIn, location.href).href,
}});
</script>
</body>
</html>
"##
    )
}

/// A text as an attribute or the content of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
