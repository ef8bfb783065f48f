use super::{RouteList, Routes};
use crate::dependency::{Dependency, OnDependency};
use crate::graph::fuel::{HasSource, Whole, node_of};
use crate::graph::node::{DependencyNode, ParamNode, RouteNode};

/// Routes under a common prefix, with dependencies of their own: FastAPI's
/// [`APIRouter`](https://fastapi.tiangolo.com/tutorial/bigger-applications/).
///
/// Routers nest. The dependencies of an outer router run before those of an inner one, and these before the routes'
/// own.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn verify_token(x_token: Header<String>) -> Result<(), HttpError> {
///     if *x_token == "secret" { Ok(()) } else { Err(HttpError::new(StatusCode::FORBIDDEN, "wrong token")) }
/// }
///
/// #[get("")]
/// async fn list() -> &'static str {
///     "[]"
/// }
///
/// let users = Router::new("/users").depends::<verify_token>().routes(routes![list]);
/// let app = App::new().router(Router::new("/api").router(users)); // GET /api/users
/// # let _ = app;
/// ```
#[doc(alias = "APIRouter")]
#[must_use = "its routes are served by the app that it is added to"]
#[derive(Debug, Clone)]
pub struct Router {
    prefix: String,
    /// They run for every route of this router.
    pub(super) dependencies: Vec<&'static ParamNode>,
    tags: Vec<&'static str>,
    limits: SizeLimits,
    entries: Vec<Entry>,
}

/// How many bytes a body may have: what a router says, or the defaults.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SizeLimits {
    body: Option<usize>,
    #[cfg(feature = "multipart")]
    upload: Option<usize>,
}

impl SizeLimits {
    /// Two mebibytes, as in axum.
    const DEFAULT_BODY: usize = 2 * 1024 * 1024;
    #[cfg(feature = "multipart")]
    const DEFAULT_UPLOAD: usize = 32 * 1024 * 1024;

    /// For any body.
    pub(crate) fn body(self) -> usize {
        self.body.unwrap_or(Self::DEFAULT_BODY)
    }

    /// For a multipart form, with its files.
    #[cfg(feature = "multipart")]
    pub(crate) fn upload(self) -> usize {
        self.upload.unwrap_or(Self::DEFAULT_UPLOAD)
    }

    fn within(self, outer: Self) -> Self {
        Self {
            body: self.body.or(outer.body),
            #[cfg(feature = "multipart")]
            upload: self.upload.or(outer.upload),
        }
    }
}

#[derive(Debug, Clone)]
enum Entry {
    Routes(Routes),
    Router(Router),
}

/// A route with everything that routers put around it.
#[derive(Debug, Clone)]
pub(crate) struct PlacedRoute {
    pub(crate) node: &'static RouteNode,
    /// Its template after the prefixes of its routers.
    pub(crate) path: String,
    /// Outermost first.
    pub(crate) dependencies: Vec<&'static ParamNode>,
    /// Those of its routers and its own, likewise.
    pub(crate) tags: Vec<&'static str>,
    /// Those of the innermost router that says so.
    pub(super) limits: SizeLimits,
}

impl PlacedRoute {
    pub(crate) fn new(node: &'static RouteNode, path: impl Into<String>) -> Self {
        Self {
            node,
            path: path.into(),
            dependencies: Vec::new(),
            tags: node.tags.to_vec(),
            limits: SizeLimits::default(),
        }
    }
}

impl Router {
    /// A router whose routes all begin with this prefix. It is empty, or a path that begins with a slash and does not
    /// end in one.
    ///
    /// A prefix of another form is refused when the app starts.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            dependencies: Vec::new(),
            tags: Vec::new(),
            limits: SizeLimits::default(),
            entries: Vec::new(),
        }
    }

    /// Adds path functions.
    pub fn routes(mut self, routes: impl RouteList) -> Self {
        self.entries.push(Entry::Routes(routes.listed()));
        self
    }

    /// Adds a router below this one.
    #[doc(alias("include_router", "nest"))]
    pub fn router(mut self, router: Self) -> Self {
        self.entries.push(Entry::Router(router));
        self
    }

    /// Runs a dependency for every route of this router, for its effect alone. Dependencies that are named first run
    /// first.
    pub fn depends<D: Dependency>(mut self) -> Self {
        self.dependencies.push(effect_of::<D>());
        self
    }

    /// Tags every route of this router in the documentation of the API, as `tags("…")` does for one.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("")]
    /// async fn list() -> &'static str {
    ///     "[]"
    /// }
    ///
    /// let users = Router::new("/users").tags(["users"]).routes(routes![list]);
    /// # let _ = users;
    /// ```
    pub fn tags(mut self, tags: impl IntoIterator<Item = &'static str>) -> Self {
        self.tags.extend(tags);
        self
    }

    /// Limits the body of a request to one of this router's routes, in bytes, in place of [`App::body_limit`](crate::App::body_limit) or the
    /// limit of an outer router.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("/import")]
    /// async fn import(rows: Json<Vec<u64>>) -> String {
    ///     format!("{} rows", rows.len())
    /// }
    ///
    /// let large = Router::new("").body_limit(64 * 1024 * 1024).routes(routes![import]);
    /// let app = App::new().router(large); // All other routes take 2 MiB.
    /// # let _ = app;
    /// ```
    #[doc(alias = "DefaultBodyLimit")]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.body = Some(bytes);
        self
    }

    /// Limits the multipart body of a request to one of this router's routes that reads a form, in bytes, in place of
    /// [`App::upload_limit`](crate::App::upload_limit) or the limit of an outer router.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("")]
    /// async fn add(video: File<UploadFile>) -> String {
    ///     format!("{} bytes", video.len())
    /// }
    ///
    /// let videos = Router::new("/videos").upload_limit(1024 * 1024 * 1024).routes(routes![add]);
    /// # let _ = videos;
    /// ```
    #[cfg(feature = "multipart")]
    pub fn upload_limit(mut self, bytes: usize) -> Self {
        self.limits.upload = Some(bytes);
        self
    }

    /// All routes, with what the routers add to each.
    pub(crate) fn place(&self) -> Vec<PlacedRoute> {
        let within = |entry: &Entry| match entry {
            Entry::Router(router) => router.place(),
            Entry::Routes(routes) => {
                routes.0.iter().map(|&node| PlacedRoute::new(node, node.template)).collect()
            }
        };
        let mut placed: Vec<PlacedRoute> = self.entries.iter().flat_map(within).collect();
        for route in &mut placed {
            route.path.insert_str(0, &self.prefix);
            route.dependencies.splice(..0, self.dependencies.iter().copied());
            route.tags.splice(..0, self.tags.iter().copied());
            route.limits = route.limits.within(self.limits);
        }
        placed
    }

    /// The prefixes of this router and all below it.
    pub(crate) fn prefixes(&self) -> Vec<&str> {
        let below = self.entries.iter().flat_map(|entry| match entry {
            Entry::Router(router) => router.prefixes(),
            Entry::Routes(_) => Vec::new(),
        });
        std::iter::once(self.prefix.as_str()).chain(below).collect()
    }
}

/// A dependency that is not a parameter, as constant data.
pub(super) fn effect_of<D: Dependency>() -> &'static ParamNode {
    &const { effect::<D>() }
}

/// The same for the `dependencies(...)` of a route macro.
#[doc(hidden)]
pub const fn effect<D: Dependency>() -> ParamNode {
    let source = <OnDependency<D, Whole, false> as HasSource>::SOURCE;
    let DependencyNode { name, at, .. } = node_of::<D>();
    ParamNode { at: *at, ..ParamNode::new(name, name, name, source) }
}
