use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use axum_core::body::Body;
use axum_core::response::IntoResponse;
use http::Request;
use tower_service::Service;

use super::error_handlers::{ErrorHandlers, HandlerReply};
use super::layered::{AppLayer, Layered, Respond, Unfailing};
use super::lifecycle::Lifecycle;
#[cfg(feature = "openapi")]
use super::router::PlacedRoute;
use super::router::effect_of;
use super::{Graph, RouteList, Router};
use crate::dependency::{AppScoped, Dependency};
use crate::graph::fuel::node_of;
use crate::graph::node::ParamNode;
#[cfg(feature = "openapi")]
use crate::openapi::OpenApi;
use crate::param::{self, RequestParts};
use crate::scope::{Override, Value};
use crate::server::{ServeAddress, Server};
use crate::tasks::{TaskLimits, TaskObserver};

/// An application: routes, what they share, and how it is served.
///
/// ```no_run
/// use epilogue::prelude::*;
///
/// #[get("/")]
/// async fn index() -> &'static str {
///     "hello"
/// }
///
/// #[epilogue::main]
/// async fn main() -> epilogue::Result<()> {
///     App::new().routes(routes![index]).serve("127.0.0.1:8000").await
/// }
/// ```
///
/// An `App` is a [`tower::Service`](tower_service::Service) too. It takes any tower layer, nests in an axum `Router`,
/// and runs under any server that takes such a service. There, tasks start when the reply's body ends or is dropped,
/// and you call [`App::drain`] at the end.
///
/// Clones are the same app: it starts once, and its tasks are one queue. A method that changes an app after its start
/// makes another app, with its own tasks and app-scoped dependencies. So complete an app before [`App::start`] or
/// [`App::resolve`].
#[doc(alias = "FastAPI")]
#[must_use = "it serves nothing until it is served or called"]
#[derive(Clone)]
pub struct App {
    /// Shared, because a service is cloned for each request.
    pub(super) config: Arc<Config>,
    pub(super) lifecycle: Arc<Lifecycle>,
}

/// What an app was told before it started.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) root: Router,
    pub(super) states: Vec<(TypeId, Value)>,
    pub(super) overrides: HashMap<TypeId, Override>,
    pub(super) error_handlers: ErrorHandlers,
    pub(super) limits: TaskLimits,
    pub(super) observers: Vec<Arc<dyn TaskObserver>>,
    pub(super) layers: Vec<Arc<dyn Fn(Respond) -> Respond + Send + Sync>>,
    /// App-scoped dependencies that are built whether or not a route needs them.
    pub(super) build_at_start: Vec<&'static ParamNode>,
    #[cfg(feature = "openapi")]
    pub(super) openapi: Option<OpenApi>,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// An app without routes.
    pub fn new() -> Self {
        let config = Config {
            root: Router::new(""),
            states: Vec::new(),
            overrides: HashMap::new(),
            error_handlers: ErrorHandlers::default(),
            limits: TaskLimits::default(),
            observers: Vec::new(),
            layers: Vec::new(),
            build_at_start: Vec::new(),
            #[cfg(feature = "openapi")]
            openapi: None,
        };
        Self { config: Arc::new(config), lifecycle: Arc::default() }
    }

    /// Adds path functions: `.routes(routes![list, create])`.
    #[doc(alias("add_api_route", "route"))]
    pub fn routes(self, routes: impl RouteList) -> Self {
        self.with_root(|root| root.routes(routes))
    }

    /// Adds a [`Router`].
    #[doc(alias("include_router", "nest", "merge"))]
    pub fn router(self, router: Router) -> Self {
        self.with_root(|root| root.router(router))
    }

    /// Runs a dependency for every route, for its effect alone; those named first run first.
    pub fn depends<D: Dependency>(self) -> Self {
        self.with_root(Router::depends::<D>)
    }

    /// Gives a value to every [`State<T>`](crate::State); a second value of the same type replaces the first.
    #[doc(alias = "with_state")]
    pub fn state<T: param::Shared + 'static>(self, value: T) -> Self {
        self.with(|config| {
            config.states.retain(|(id, _)| *id != TypeId::of::<T>());
            config.states.push((TypeId::of::<T>(), value.into_shared()));
        })
    }

    /// Sets how the app replies to an error of type `E`, wherever it was returned. This is FastAPI's
    /// [exception handler](https://fastapi.tiangolo.com/tutorial/handling-errors/).
    ///
    /// `E` is the error type of a path function or dependency, or an error that an [`HttpError`](crate::HttpError)
    /// was made from by `?`. The app's own errors have types too:
    ///
    /// - [`Rejection`](crate::Rejection): requests with invalid values;
    /// - [`Panicked`](crate::Panicked): panics;
    /// - [`HttpError`](crate::HttpError): unknown paths (404), wrong methods (405) and overload (503), beside every
    ///   `HttpError` that a function returns.
    ///
    /// The reply may carry tasks of its own.
    ///
    /// The error that an `HttpError` was made from is logged, unless a handler of that error answers. Such a handler
    /// decides what to log.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// #[error("out of tea")]
    /// struct OutOfTea;
    ///
    /// #[get("/tea")]
    /// async fn tea() -> Result<&'static str, HttpError> {
    ///     Err(OutOfTea)?
    /// }
    ///
    /// let app = App::new()
    ///     .routes(routes![tea])
    ///     .on_error(|_: &OutOfTea, _parts| (StatusCode::IM_A_TEAPOT, "try coffee"));
    /// # let _ = app;
    /// ```
    #[doc(alias("exception_handler", "add_exception_handler"))]
    pub fn on_error<E: Any, R: HandlerReply>(
        self,
        handler: impl Fn(&E, RequestParts) -> R + Send + Sync + 'static,
    ) -> Self {
        self.with(|config| config.error_handlers.add(handler))
    }

    /// Builds an app-scoped dependency at the start even if no route takes it: for a dependency that only tasks take.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[dependency(scope = "app")]
    /// async fn mailer() -> String {
    ///     "smtp://localhost".into()
    /// }
    ///
    /// let app = App::new().build_at_start::<mailer>();
    /// # let _ = app;
    /// ```
    ///
    /// A dependency of another scope is built for each request, and does not compile here:
    ///
    /// ```compile_fail
    /// use epilogue::prelude::*;
    ///
    /// #[dependency]
    /// async fn session() -> String {
    ///     "opened".into()
    /// }
    ///
    /// let app = App::new().build_at_start::<session>();
    /// ```
    #[doc(alias("lifespan", "startup"))]
    pub fn build_at_start<D: AppScoped>(self) -> Self {
        self.with(|config| config.build_at_start.push(effect_of::<D>()))
    }

    /// Puts a value in a dependency's place, for tests. The value is made anew for each request, or once if the
    /// dependency is app-scoped. What the dependency depends on does not run, unless something else needs it.
    /// FastAPI's [`dependency_overrides`](https://fastapi.tiangolo.com/advanced/testing-dependencies/).
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[dependency]
    /// fn user(x_user: Header<String>) -> String {
    ///     x_user.into_inner()
    /// }
    ///
    /// #[get("/me")]
    /// async fn me(user: Depends<user>) -> String {
    ///     user.to_string()
    /// }
    ///
    /// let app = App::new().routes(routes![me]).override_dependency::<user>(|| String::from("ferris"));
    /// # let _ = app;
    /// ```
    #[doc(alias = "dependency_overrides")]
    pub fn override_dependency<D: Dependency>(
        self,
        // rustc shows this line, to its end, if what is given does not fit.
        value: impl Fn() -> D::Output + Send + Sync + 'static, // what is async or has parameters: `override_dependency_with`
    ) -> Self
    where
        D::Output: Send + Sync,
    {
        let id = const { node_of::<D>().id };
        let value = Override::Value(Arc::new(move || Arc::new(value()) as Value));
        self.with(|config| drop(config.overrides.insert(id, value)))
    }

    /// Puts another dependency in a dependency's place. It has the same output type, and its own parameters and exit.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[dependency]
    /// fn user(x_user: Header<String>) -> String {
    ///     x_user.into_inner()
    /// }
    ///
    /// #[dependency]
    /// fn user_of_test(as_user: Query<String>) -> String {
    ///     as_user.into_inner()
    /// }
    ///
    /// let app = App::new().override_dependency_with::<user, user_of_test>();
    /// # let _ = app;
    /// ```
    pub fn override_dependency_with<D: Dependency, Other: Dependency<Output = D::Output>>(self) -> Self {
        let id = const { node_of::<D>().id };
        let other = Override::Dependency(const { node_of::<Other>() });
        self.with(|config| drop(config.overrides.insert(id, other)))
    }

    /// Wraps the app in a tower layer; the last one that is added is the outermost.
    ///
    /// A layer sees every request, even those that no route answers. The tasks of a request start after all layers have
    /// passed its reply on.
    #[doc(alias("add_middleware", "middleware"))]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: AppLayer + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Error: Unfailing> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Response: IntoResponse,
        <L::Service as Service<Request<Body>>>::Future: Send,
    {
        let wrap = move |inner| Layered::wrap(layer.wrap(Layered(inner)));
        self.with(|config| config.layers.push(Arc::new(wrap)))
    }

    /// Serves the documentation of the API: at `/openapi.json`, and as a page to try it at `/docs`. See [`OpenApi`]. A second one replaces the
    /// first.
    ///
    /// Both are open to everybody. The app's layers see their requests, but what the app [depends](Self::depends) on
    /// does not run for them.
    ///
    /// ```
    /// use epilogue::OpenApi;
    /// use epilogue::prelude::*;
    ///
    /// let app = App::new().openapi(OpenApi::new("Shop", "1.0.0").description("All that we sell."));
    /// # let _ = app;
    /// ```
    #[cfg(feature = "openapi")]
    pub fn openapi(self, openapi: OpenApi) -> Self {
        self.with(|config| config.openapi = Some(openapi))
    }

    /// Limits the body of a request, in bytes. The default is 2 MiB, and a larger body gets `413`.
    /// [`Router::body_limit`] sets another limit for some routes. A message of a [`WebSocket`](crate::WebSocket) has
    /// the same limit.
    ///
    /// An `Extract` that takes the body unread is not limited by it. axum's own extractors, such as `axum::Json`,
    /// keep axum's limit of 2 MiB, which `.layer(axum::extract::DefaultBodyLimit::max(bytes))` changes.
    #[doc(alias = "DefaultBodyLimit")]
    pub fn body_limit(self, bytes: usize) -> Self {
        self.with_root(|root| root.body_limit(bytes))
    }

    /// Limits the multipart body of a request whose route reads a form, in bytes. The default is 32 MiB, and a larger
    /// body gets `413`. So does one whose texts, without its files, are larger than [`body_limit`](Self::body_limit).
    /// [`Router::upload_limit`] sets another limit for some routes.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("/videos")]
    /// async fn add(video: File<UploadFile>) -> String {
    ///     format!("{} bytes", video.len())
    /// }
    ///
    /// let app = App::new().routes(routes![add]).upload_limit(1024 * 1024 * 1024);
    /// # let _ = app;
    /// ```
    #[cfg(feature = "multipart")]
    pub fn upload_limit(self, bytes: usize) -> Self {
        self.with_root(|root| root.upload_limit(bytes))
    }

    /// Limits what the app's tasks may use, and the time that they get at shutdown.
    pub fn tasks(self, limits: TaskLimits) -> Self {
        self.with(|config| config.limits = limits)
    }

    /// Tells an observer what happens to each task, for metrics. There may be several observers, and each is told
    /// everything.
    ///
    /// ```
    /// use epilogue::prelude::*;
    /// use epilogue::{TaskEvent, TaskObserver, TaskOutcome};
    /// use std::sync::{Arc, OnceLock};
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// #[derive(Default)]
    /// struct Failures(AtomicU64);
    ///
    /// impl TaskObserver for Failures {
    ///     fn ended(&self, _task: &TaskEvent<'_>, outcome: TaskOutcome) {
    ///         if outcome == TaskOutcome::Failed {
    ///             self.0.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    ///
    /// let failures = Arc::new(Failures::default());
    /// let app = App::new().observe(failures.clone());
    /// # let _ = app;
    /// ```
    pub fn observe(self, observer: Arc<dyn TaskObserver>) -> Self {
        self.with(|config| config.observers.push(observer))
    }

    /// Serves the app on an address until SIGTERM or SIGINT, then finishes what has begun: requests in flight, their tasks, and
    /// the exits of the app.
    ///
    /// [`Server`] sets timeouts, takes a listener, and stops on other events.
    ///
    /// # Errors
    ///
    /// When the app cannot start, the address cannot be bound, or something was still unfinished at the end of the
    /// [grace period](TaskLimits::grace).
    pub async fn serve(self, address: impl ServeAddress) -> crate::Result<()> {
        Server::new(self).serve(address).await
    }

    /// Every route with its dependencies, as data, Mermaid and DOT.
    pub fn graph(&self) -> Graph {
        Graph::of(&self.config.root.place())
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn placed(&self) -> Vec<PlacedRoute> {
        self.config.root.place()
    }

    pub(crate) fn grace(&self) -> std::time::Duration {
        self.config.limits.grace
    }

    fn with_root(self, change: impl FnOnce(Router) -> Router) -> Self {
        self.with(|config| config.root = change(std::mem::replace(&mut config.root, Router::new(""))))
    }

    fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(self.changed());
        self
    }

    /// A changed app is another app: one that has started, or failed to, stays as it is.
    fn changed(&mut self) -> &mut Config {
        self.lifecycle = Arc::default();
        Arc::make_mut(&mut self.config)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("root", &self.config.root).finish_non_exhaustive()
    }
}
