//! The routes that serve the documentation.

use http::{HeaderValue, header};

use super::OpenApi;
use crate::app::PlacedRoute;
use crate::graph::node::RouteNode;
use crate::param::State;
use crate::{Response, Route, get};

pub(super) static DOCUMENT: RouteNode = <openapi_json as Route>::NODE;
pub(super) static PAGE: RouteNode = <docs as Route>::NODE;

/// The documentation of a started app, as it is sent.
pub(super) struct Documents {
    json: String,
    page: String,
}

impl Documents {
    pub(super) fn of(openapi: &OpenApi, routes: &[PlacedRoute]) -> Self {
        let docs_path = openapi.docs_path.as_deref().unwrap_or_default();
        let page = page_of(&openapi.title, &relative(docs_path, &openapi.path));
        Self { json: openapi.describe(routes).to_string(), page }
    }
}

#[get("", hidden, crate = crate)]
fn openapi_json(documents: &State<Documents>) -> Response {
    sent("application/json", &documents.json)
}

#[get("", hidden, crate = crate)]
fn docs(documents: &State<Documents>) -> Response {
    sent("text/html; charset=utf-8", &documents.page)
}

fn sent(content_type: &'static str, text: &str) -> Response {
    let mut response = Response::new(text.to_owned().into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// From one path to another, as a link: the app may be nested under a path that it does not know.
fn relative(from: &str, to: &str) -> String {
    let up = "../".repeat(from.matches('/').count().saturating_sub(1));
    format!("{up}{}", to.trim_start_matches('/'))
}

/// Swagger UI, from where FastAPI's page has it.
fn page_of(title: &str, url: &str) -> String {
    let (title, url) = (escaped(title), escaped(url));
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
<div id="swagger-ui" data-url="{url}"></div>
<script src="https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{ url: document.getElementById("swagger-ui").dataset.url, dom_id: "#swagger-ui", deepLinking: true }});</script>
</body>
</html>
"##
    )
}

/// A text as an attribute or the content of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
