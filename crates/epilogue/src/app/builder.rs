use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::Request;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle};
use tower_service::Service;

use super::error_handlers::{ErrorHandlers, HandlerReply};
use super::layered::{AppFuture, AppLayer, Layered, Respond, Unfailing};
#[cfg(feature = "openapi")]
use super::router::PlacedRoute;
use super::router::effect_of;
use super::start::{self, Deadline, Started};
use super::{Graph, RouteList, Router, StartError};
use crate::dependency::{AppScoped, Dependency, Depends};
use crate::graph::fuel::{Full, HasNode};
use crate::graph::node::ParamNode;
#[cfg(feature = "openapi")]
use crate::openapi::OpenApi;
use crate::param::{self, RequestParts};
use crate::scope::{Override, Value};
use crate::server::{ServeAddress, Server, progress};
use crate::tasks::{TaskLimits, TaskObserver, TaskStats};

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
/// An `App` is a [`tower::Service`](tower_service::Service) too: it takes any tower layer, and it nests in an axum `Router` or runs
/// under any server that takes such a service. There, tasks start when the reply's body ends or is dropped, and the server's
/// owner calls [`App::drain`] at the end.
///
/// Clones are the same app: it starts once, and its tasks are one queue.
#[derive(Clone)]
pub struct App {
    /// Shared, because a service is cloned for each request.
    pub(super) config: Arc<Config>,
    shared: Arc<Shared>,
}

/// What the clones of an app have in common.
#[derive(Default)]
struct Shared {
    started: OnceLock<Started>,
    /// The start that is in flight, if there is one. Whoever waits for it holds the lock. It is tokio's lock: when a waiter is
    /// dropped, the next one takes over the same start.
    starting: tokio::sync::Mutex<Option<Starting>>,
    /// Tells the start in flight to end without building the rest.
    give_up: Arc<Notify>,
    /// App-scoped dependencies that were asked for before the start, whether or not a route needs them.
    resolved: Mutex<Vec<&'static ParamNode>>,
}

/// A start in flight.
type Starting = JoinHandle<Result<(), StartError>>;

/// Waits for the start, which is then no longer in flight.
async fn ended(starting: &mut Option<Starting>) -> Result<(), StartError> {
    let Some(start) = starting else { return Ok(()) };
    let ended = start.await;
    *starting = None;
    match ended.map_err(JoinError::try_into_panic) {
        Ok(result) => result,
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(_cancelled)) => Err(StartError::Stopped),
    }
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
        Self { config: Arc::new(config), shared: Arc::default() }
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
    /// `E` is the error type of a path function or dependency, or an error that an [`HttpError`](crate::HttpError) was made from
    /// by `?`. The app's own errors have types too: [`Rejection`](crate::Rejection) for requests that fail validation,
    /// [`Panicked`](crate::Panicked), and [`HttpError`](crate::HttpError) for unknown paths (404), wrong methods (405) and overload (503)
    /// beside every `HttpError` that a function returns. The reply may carry tasks of its own.
    ///
    /// What an `HttpError` was made from is logged unless a handler of that error answers: such a handler logs what it wants to.
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

    /// Puts a value in a dependency's place, for tests: it is made anew for each request, or once if the dependency is app-scoped, and
    /// nothing that the dependency depends on runs. FastAPI's
    /// [`dependency_overrides`](https://fastapi.tiangolo.com/advanced/testing-dependencies/).
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
        value: impl Fn() -> D::Output + Send + Sync + 'static,
    ) -> Self
    where
        D::Output: Send + Sync,
    {
        let id = <D::Graph<Full> as HasNode>::NODE.id;
        let value = Override::Value(Arc::new(move || Arc::new(value()) as Value));
        self.with(|config| drop(config.overrides.insert(id, value)))
    }

    /// Puts another dependency, of the same output, in a dependency's place: with its own parameters and exit.
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
        let id = <D::Graph<Full> as HasNode>::NODE.id;
        let other = Override::Dependency(&const { <Other::Graph<Full> as HasNode>::NODE });
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
    /// Both are open to everybody: the app's layers see their requests, but what it [depends](Self::depends) on does not run for them.
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

    /// Limits the body of a request, in bytes; 2 MiB unless set. A larger one gets `413`. An `Extract` that takes the body unread is
    /// not limited by it: axum's own extractors, such as `axum::Json`, keep axum's limit of 2 MiB, which
    /// `.layer(axum::extract::DefaultBodyLimit::max(bytes))` changes. A message of a [`WebSocket`](crate::WebSocket) has the same limit.
    /// [`Router::body_limit`] sets another one for some routes.
    #[doc(alias = "DefaultBodyLimit")]
    pub fn body_limit(self, bytes: usize) -> Self {
        self.with_root(|root| root.body_limit(bytes))
    }

    /// Limits the multipart body of a request whose route reads a form, in bytes; 32 MiB unless set. A larger one gets `413`, as
    /// does one whose texts, without its files, are larger than [`body_limit`](Self::body_limit). [`Router::upload_limit`] sets another
    /// one for some routes.
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

    /// Tells an observer what happens to each task: for metrics. There may be several observers; each is told everything.
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

    /// Starts the app, if it has not started: plans its routes and builds its app-scoped dependencies.
    ///
    /// Serving does it; call it to find errors early where the app is served by another server.
    ///
    /// # Errors
    ///
    /// When two routes collide, something asks for a [`State`](crate::State) that is not there, or an app-scoped dependency fails.
    pub async fn start(&self) -> Result<(), StartError> {
        self.started().await.map(drop)
    }

    /// The output of an app-scoped dependency, outside of any request: for a migration, a command, a test. Starts the app if it has
    /// not started.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Pool {
    ///     url: String,
    /// }
    ///
    /// #[dependency(scope = "app")]
    /// async fn pool() -> Pool {
    ///     Pool { url: "sqlite://todo.db".into() }
    /// }
    ///
    /// # async fn run() -> Result<(), epilogue::StartError> {
    /// let pool = App::new().resolve::<pool>().await?;
    /// println!("migrating {}", pool.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the app does not start, or when the app had already started without building the
    /// dependency because none of its routes uses it.
    pub async fn resolve<D: AppScoped>(&self) -> Result<Depends<D>, StartError> {
        let effect = effect_of::<D>();
        if self.shared.started.get().is_none() {
            self.resolved().push(effect);
        }
        let started = self.started().await.inspect_err(|_| {
            // Others who start the app later need not be able to build it.
            self.resolved().retain(|known| !std::ptr::eq(*known, effect));
        })?;
        let value = started.state.dependencies.value_of(<D::Graph<Full> as HasNode>::NODE.id);
        value.map(Depends::from_value).ok_or(StartError::NotBuilt { dependency: effect.name })
    }

    /// Runs every task that is queued, then the exits of the app: call it at the end of an app that another server serves.
    ///
    /// Call it once that server takes no more requests, and not within one of them: it waits for those that the server has not finished,
    /// until it has dropped their replies. axum's may return from its graceful shutdown a little earlier.
    ///
    /// # Errors
    ///
    /// When something is still unfinished after the [grace period](TaskLimits::grace); it is cancelled, and named in the error. Requests that
    /// the server still has cannot be cancelled; they are [counted](crate::DrainReport::in_flight).
    pub async fn drain(&self) -> crate::Result<()> {
        let grace = self.config.limits.grace;
        let mut deadline = pin!(tokio::time::sleep(grace));
        // Whoever waits for a start holds the lock.
        let is_starting = tokio::select! {
            biased;
            starting = self.shared.starting.lock() => starting.is_some(),
            () = deadline.as_mut() => true,
        };
        if self.shared.started.get().is_none() && !is_starting {
            return Ok(());
        }
        let started = self.started_until(deadline.as_mut()).await?;
        progress::shown_beside(started.drain(deadline, 0), grace, || {
            progress::Left::of(&started.state.runner, 0)
        })
        .await
    }

    /// Counts of the app's tasks so far; all zero before the start.
    pub fn task_stats(&self) -> TaskStats {
        self.shared.started.get().map(|started| started.state.runner.stats()).unwrap_or_default()
    }

    /// Every route with its dependencies, as data, Mermaid and DOT.
    pub fn graph(&self) -> Graph {
        Graph::of(&self.config.root.place())
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn placed(&self) -> Vec<PlacedRoute> {
        self.config.root.place()
    }

    pub(crate) async fn started(&self) -> Result<&Started, StartError> {
        if self.shared.started.get().is_none() {
            self.start_or_wait().await?;
        }
        self.shared.started.get().ok_or(StartError::Stopped)
    }

    /// Waits for the start that is in flight. At the deadline it is given up, and what it has built by then is exited.
    pub(crate) async fn started_until(&self, deadline: Deadline<'_>) -> Result<&Started, StartError> {
        tokio::select! {
            biased;
            started = self.start_ended() => return started,
            () = deadline => self.shared.give_up.notify_waiters(),
        }
        self.start_ended().await
    }

    /// Waits for the start that is in flight; begins none itself.
    async fn start_ended(&self) -> Result<&Started, StartError> {
        ended(&mut *self.shared.starting.lock().await).await?;
        self.shared.started.get().ok_or(StartError::Stopped)
    }

    /// The start is a task because whoever waits for it may be dropped in the middle, as a request is when its client leaves:
    /// what was built by then would never be exited. There is one start at a time, and all waiters share it.
    async fn start_or_wait(&self) -> Result<(), StartError> {
        let mut starting = self.shared.starting.lock().await;
        if self.shared.started.get().is_some() {
            return Ok(());
        }
        starting.get_or_insert_with(|| {
            let (app, resolved) = (self.clone(), self.resolved().clone());
            let given_up = Arc::clone(&self.shared.give_up).notified_owned();
            tokio::spawn(async move {
                let started = start::start(&app.config, resolved, pin!(given_up)).await?;
                drop(app.shared.started.set(started));
                Ok(())
            })
        });
        ended(&mut starting).await
    }

    fn resolved(&self) -> MutexGuard<'_, Vec<&'static ParamNode>> {
        self.shared.resolved.lock()
    }

    pub(crate) fn grace(&self) -> std::time::Duration {
        self.config.limits.grace
    }

    fn with_root(self, change: impl FnOnce(Router) -> Router) -> Self {
        self.with(|config| config.root = change(std::mem::replace(&mut config.root, Router::new(""))))
    }

    /// A changed app is another app: one that has started stays as it is.
    fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        if self.shared.started.get().is_some() || Arc::strong_count(&self.shared) > 1 {
            self.shared = Arc::default();
        }
        self
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("root", &self.config.root).finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for App
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum_core::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = AppFuture;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.respond(request.map(Body::new))
    }
}

impl App {
    /// Answers one request outside the own server.
    pub(crate) fn respond(&self, request: Request<Body>) -> AppFuture {
        if let Some(started) = self.shared.started.get() {
            return started.respond(request);
        }
        let app = self.clone();
        Box::pin(async move {
            match app.started().await {
                Ok(started) => started.respond(request).await,
                Err(error) => {
                    tracing::error!(error = %crate::tasks::with_causes(&error), "the app did not start");
                    Ok(crate::response::internal_server_error())
                }
            }
        })
    }
}
