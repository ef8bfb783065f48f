//! The documentation of the API: an OpenAPI document of the routes, their parameters and replies.
//!
//! It says what the graph says. What types look like is asked of the `schemars` crate, and what a request needs of each type's own
//! `Deserialize`.

mod components;
mod documented;
mod fields;
mod limits;
mod operation;
mod page;
mod schemas;
mod taken;

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::schemas::Schemas;
use crate::App;
use crate::app::{PlacedRoute, segments_of};
use crate::scope;

pub use self::documented::{
    Documented, DocumentedReply, ParamDocs, ReplyDocs, RouteDocs, Undocumented, UndocumentedDefault,
    UndocumentedReply,
};
pub(crate) use self::documented::{Lacking, MakeSchema};

/// The documentation of the API, which [`App::openapi`] serves. In FastAPI, it is what
/// [`FastAPI(title=…, version=…)`](https://fastapi.tiangolo.com/tutorial/metadata/) describes.
///
/// The document follows [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html). It describes each route that is not
/// `hidden`, with all that its function and its dependencies take: parameters with their limits and defaults, the
/// body, the security schemes. The documentation of a path function is its description, and `#[deprecated]` marks it.
///
/// A type needs `#[derive(JsonSchema)]` of schemars 1 for its schema to be known. Types without it work too, and are
/// documented as anything. A generic dependency shows its type parameter's schema if the parameter is bound by
/// `JsonSchema`.
///
/// The document is made when it is first asked for. To find what is required, it evaluates the defaults of
/// parameters, and reads their types from a request without values.
///
/// ```
/// use epilogue::OpenApi;
/// use epilogue::prelude::*;
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Item {
///     name: String,
/// }
///
/// /// The item of a number.
/// #[get("/items/{id}", tags("items"))]
/// async fn item(id: Path<u64>) -> Json<Item> {
///     Json(Item { name: format!("item {}", *id) })
/// }
///
/// let openapi = OpenApi::new("Shop", "1.0.0");
/// let app = App::new().routes(routes![item]).openapi(openapi.clone());
/// assert_eq!(openapi.document(&app)["paths"]["/items/{id}"]["get"]["parameters"][0]["schema"]["type"], "integer");
/// ```
#[derive(Debug, Clone)]
pub struct OpenApi {
    title: String,
    version: String,
    description: Option<String>,
    servers: Vec<String>,
    path: String,
    docs_path: Option<String>,
    edits: Vec<Edit>,
}

/// What an app changes in its document.
#[derive(Clone)]
struct Edit(Arc<dyn Fn(&mut Value) + Send + Sync>);

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edit")
    }
}

impl OpenApi {
    /// The documentation of an API of this title and version.
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            version: version.into(),
            description: None,
            servers: Vec::new(),
            path: String::from("/openapi.json"),
            docs_path: Some(String::from("/docs")),
            edits: Vec::new(),
        }
    }

    /// What the API is for, in Markdown.
    pub fn description(self, text: impl Into<String>) -> Self {
        Self { description: Some(text.into()), ..self }
    }

    /// Adds a URL under which the API is reached. Without any, clients take the root of the host, so an app that is nested under a path of
    /// another one needs it: `.server("/api")`.
    #[doc(alias("servers", "root_path"))]
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.servers.push(url.into());
        self
    }

    /// Where the document is served: at `/openapi.json` unless set.
    #[doc(alias = "openapi_url")]
    pub fn path(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// Where a page is served on which a reader can try the API: at `/docs` unless set. The page loads Swagger UI from a public server, as
    /// FastAPI's does. A reader who logs in elsewhere comes back to `/oauth2-redirect` below it.
    #[doc(alias = "docs_url")]
    pub fn docs_path(self, path: impl Into<String>) -> Self {
        Self { docs_path: Some(path.into()), ..self }
    }

    /// Leaves out the page.
    pub fn without_docs(self) -> Self {
        Self { docs_path: None, ..self }
    }

    /// Changes the document before anybody sees it, for what the app does not say of itself: replies with an error status, a licence, a
    /// callback. FastAPI's [`responses`](https://fastapi.tiangolo.com/advanced/additional-responses/), `openapi_extra` and
    /// `contact` go here. Several are called in the order in which they were added. If one panics, whoever asks for the document gets a
    /// `500`.
    ///
    /// ```
    /// use epilogue::OpenApi;
    /// use epilogue::prelude::*;
    /// use serde_json::json;
    ///
    /// #[get("/items/{id}")]
    /// async fn item(id: Path<u64>) -> Result<String, HttpError> {
    ///     Err(HttpError::new(StatusCode::NOT_FOUND, format!("no item {id}")))
    /// }
    ///
    /// let openapi = OpenApi::new("Shop", "1.0.0").edit(|document| {
    ///     document["info"]["contact"] = json!({ "email": "shop@example.com" });
    ///     document["paths"]["/items/{id}"]["get"]["responses"]["404"] = json!({ "description": "No such item" });
    /// });
    /// let app = App::new().routes(routes![item]).openapi(openapi);
    /// # let _ = app;
    /// ```
    #[doc(alias("responses", "openapi_extra", "contact", "license"))]
    pub fn edit(mut self, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.edits.push(Edit(Arc::new(edit)));
        self
    }

    /// The document itself: to save it, or to compare it in a test.
    pub fn document(&self, app: &App) -> Value {
        self.document_of(&app.placed())
    }

    fn document_of(&self, routes: &[PlacedRoute]) -> Value {
        let mut schemas = Schemas::new();
        let mut paths = Map::new();
        let mut security = Map::new();
        for route in routes.iter().filter(|route| !route.node.hidden) {
            let segments = segments_of(&route.path);
            let operation = operation::describe(route, &segments, &mut schemas, &mut security);
            let path = paths.entry(documented_path(&route.path)).or_insert_with(|| json!({}));
            path[route.node.method.to_lowercase()] = operation;
        }
        let mut document = json!({
            "openapi": "3.1.0",
            "info": { "title": self.title, "version": self.version },
        });
        if let Some(description) = &self.description {
            document["info"]["description"] = json!(description);
        }
        if !self.servers.is_empty() {
            document["servers"] = self.servers.iter().map(|url| json!({ "url": url })).collect();
        }
        document["paths"] = Value::Object(paths);
        let components = schemas.into_components(&mut document["paths"]);
        let parts = [("schemas", components), ("securitySchemes", security)];
        for (name, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
            document["components"][name] = Value::Object(part);
        }
        for Edit(edit) in &self.edits {
            edit(&mut document);
        }
        document
    }

    /// The routes that serve the document and the page. Nothing that the app or a router does for its routes is done for them.
    pub(crate) fn place(&self) -> Vec<PlacedRoute> {
        let page = self.docs_path.iter().flat_map(|path| {
            [
                PlacedRoute::new(&page::PAGE, path),
                PlacedRoute::new(&page::LOGGED_IN, page::logged_in_path(path)),
            ]
        });
        std::iter::once(PlacedRoute::new(&page::DOCUMENT, &self.path)).chain(page).collect()
    }

    /// The state that these routes take.
    pub(crate) fn state(&self, routes: &[PlacedRoute]) -> (TypeId, scope::Value) {
        (
            TypeId::of::<page::DocumentedApp>(),
            Arc::new(page::DocumentedApp::new(self.clone(), routes.to_vec())),
        )
    }
}

/// A path as OpenAPI writes it, where `{*rest}` is `{rest}`.
fn documented_path(path: &str) -> String {
    path.replace("{*", "{")
}
