//! Dependencies and tasks for the handlers of an axum app: a layer, under which both are extractors.

mod extract;
mod session;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum_core::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

pub use extract::DependsRejection;
use session::{Plans, Session};

use crate::App;
use crate::app::StartError;
use crate::response::{HttpError, RaisedError, internal_server_error};
use crate::scope::{BoxFuture, caught, drop_caught};
use crate::server::Link;
use crate::tasks::with_causes;

/// Makes [`Depends`](crate::Depends) and [`BackgroundTasks`](crate::BackgroundTasks) extractors of axum's own handlers, so that an axum app
/// adopts them one handler at a time.
///
/// The `App` that it is made of needs no routes. It gives the handlers' dependencies what they need: state,
/// overrides, limits, and app-scoped dependencies, which are named with [`App::build_at_start`].
///
/// ```
/// use axum::routing::post;
/// use epilogue::prelude::*;
/// use epilogue::EpilogueLayer;
///
/// #[dependency]
/// fn user(x_user: Header<String>) -> String {
///     x_user.into_inner()
/// }
///
/// async fn greet(user: String) {
///     println!("hello {user}");
/// }
///
/// async fn handler(user: Depends<user>, tasks: BackgroundTasks, body: String) -> String {
///     tasks.add_task(greet, (user.to_string(),));
///     format!("{} sent {} bytes", *user, body.len())
/// }
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let epilogue = EpilogueLayer::new(App::new());
/// let app = axum::Router::new().route("/greet", post(handler)).layer(epilogue.clone());
/// # let (listener, shutdown) = (tokio::net::TcpListener::bind("127.0.0.1:8000").await?, async {});
/// axum::serve(listener, app).with_graceful_shutdown(shutdown).await?;
/// epilogue.drain().await?; // runs what is still queued
/// # Ok(())
/// # }
/// ```
///
/// # What holds
///
/// - The request has one task list, and each dependency runs at most once, whatever the handler and its dependencies
///   take. If layers of one app stand around each other, the outermost counts.
/// - A dependency sees the request's head as it is when the dependency is first asked for, with what middleware has
///   put into the extensions by then.
/// - Tasks, and after them exits of request scope, run when the reply's body has ended or was dropped. Exits of
///   function scope run when the reply is ready, before this layer passes it on, and an error of such an exit becomes
///   the reply.
/// - A handler that returns has succeeded, whatever the status of its reply. Its tasks run, and exits are told of a
///   success with that status.
/// - A dependency that fails drops the tasks, except those added with `.always()`, and its failure is the reply. So
///   does a panic, which is answered with `500`.
/// - A handler that takes `Result<Depends<D>, DependsRejection>` or `Option<Depends<D>>` gets the failure, and may
///   succeed all the same. This does not hold if the dependency panicked.
/// - If the client leaves before the reply, a request that has taken its list, or a dependency that takes it or has
///   an exit, is run to its end. Any other is dropped.
/// - At the [limit of pending tasks](crate::TaskLimits::pending), a request that takes the list, or a dependency with
///   an exit after the reply, gets `503`. So does one that takes a dependency with exits before the reply alone, if too
///   many of these go on without their clients. The same holds if the handler takes an `Option<Depends<D>>` of such a
///   dependency.
///
/// The body belongs to the handler. So a dependency that reads the body, or takes a `Path`, does not compile under
/// the layer. `Extract<axum::extract::Path<…>>` takes what axum's router has found.
#[derive(Clone)]
pub struct EpilogueLayer {
    app: App,
    plans: Arc<OnceLock<Arc<Plans>>>,
}

impl EpilogueLayer {
    /// A layer whose handlers share this app's state, overrides, limits and app-scoped dependencies.
    pub fn new(app: App) -> Self {
        Self { app, plans: Arc::default() }
    }

    /// Builds the app-scoped dependencies now, rather than with the first request.
    ///
    /// # Errors
    ///
    /// See [`App::start`]. Also when the app has a dependency of [`App::depends`], which does not run for axum's
    /// handlers.
    pub async fn start(&self) -> Result<(), StartError> {
        self.plans().await?;
        self.app.start().await
    }

    /// Runs every queued task and the exits of the app, once the last requests under the layer have ended. Call it
    /// when the server has stopped: axum's server, or Epilogue's if it serves another app whose layer holds the
    /// handlers.
    ///
    /// # Errors
    ///
    /// See [`App::drain`].
    pub async fn drain(&self) -> crate::Result<()> {
        self.app.drain().await
    }

    /// The app that the layer was made of.
    pub fn app(&self) -> &App {
        &self.app
    }

    async fn plans(&self) -> Result<&Arc<Plans>, StartError> {
        self.app.check_for_layer()?;
        let started = self.app.started().await?;
        Ok(self.plans.get_or_init(|| {
            let base = started.state.without_routes();
            Arc::new(Plans::new(self.app.clone(), Arc::new(base)))
        }))
    }
}

impl fmt::Debug for EpilogueLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpilogueLayer").field("app", &self.app).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for EpilogueLayer {
    type Service = EpilogueService<S>;

    fn layer(&self, inner: S) -> EpilogueService<S> {
        EpilogueService { inner, layer: self.clone() }
    }
}

/// A service under an [`EpilogueLayer`], which `.layer(…)` makes.
///
/// ```
/// use axum::routing::get;
/// use epilogue::{App, BackgroundTasks, EpilogueLayer, EpilogueService};
/// use tower_layer::Layer;
///
/// async fn index(tasks: BackgroundTasks) -> &'static str {
///     tasks.add_task(|| println!("after the reply"), ());
///     "hello"
/// }
///
/// let router: axum::Router = axum::Router::new().route("/", get(index));
/// let service: EpilogueService<axum::Router> = EpilogueLayer::new(App::new()).layer(router);
/// # let _ = service;
/// ```
#[derive(Debug, Clone)]
pub struct EpilogueService<S> {
    inner: S,
    layer: EpilogueLayer,
}

impl<S, B> Service<Request<B>> for EpilogueService<S>
where
    S: Service<Request<B>, Response: IntoResponse + 'static, Error: Send + 'static, Future: Send + 'static>,
    S: Clone + Send + 'static,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = EpilogueFuture<Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that is ready must be the one that takes the request.
        let other = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, other);
        if let Some(plans) = self.layer.plans.get() {
            return around(plans, inner, request);
        }
        let layer = self.layer.clone();
        EpilogueFuture::new(None, async move {
            match layer.plans().await {
                Ok(plans) => around(plans, inner, request).await,
                Err(error) => {
                    tracing::error!(error = with_causes(&error), "the app of the layer did not start");
                    Ok(internal_server_error())
                }
            }
        })
    }
}

fn around<S, B>(
    plans: &Arc<Plans>,
    mut inner: S,
    mut request: Request<B>,
) -> EpilogueFuture<Result<Response, S::Error>>
where
    S: Service<Request<B>, Response: IntoResponse + 'static, Error: Send + 'static, Future: Send + 'static>,
    S: Send + 'static,
    B: Send + 'static,
{
    // One list per request, however many layers of its app are around the handler.
    if Session::is_begun(plans, &request) {
        return EpilogueFuture::new(None, async move {
            inner.call(request).await.map(IntoResponse::into_response)
        });
    }
    let session = Session::begin(plans, &mut request);
    let link = Link::Other(Arc::new(session.runner().request()));
    let ending = Arc::clone(&session);
    let call = async move {
        let response = inner.call(request);
        // Before there is a reply, which a panic of this drop would take with it.
        drop_caught(inner);
        response.await.map(IntoResponse::into_response)
    };
    EpilogueFuture::new(Some(session), async move {
        match caught(call).await {
            Ok(Ok(response)) => Ok(ending.succeed(response, link).await),
            Ok(Err(error)) => {
                // The error itself is for the layers around this one; exits learn only that there was one.
                let failed =
                    HttpError::new(StatusCode::INTERNAL_SERVER_ERROR, "a service under the layer failed");
                drop(ending.finish(Err(failed.raise()), link).await);
                Err(error)
            }
            Err(panic) => Ok(ending.finish(Err(panic), link).await),
        }
    })
}

/// The future of an [`EpilogueService`]: a request that is run to its end if its client leaves.
pub struct EpilogueFuture<T: 'static> {
    future: Option<BoxFuture<T>>,
    /// `None` where another future answers for the request.
    session: Option<Arc<Session>>,
}

impl<T: 'static> EpilogueFuture<T> {
    fn new(session: Option<Arc<Session>>, future: impl Future<Output = T> + Send + 'static) -> Self {
        Self { future: Some(Box::pin(future)), session }
    }
}

impl<T: 'static> Future for EpilogueFuture<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(future) = &mut self.future else { panic!("a request was polled after it was done") };
        let output = std::task::ready!(future.as_mut().poll(context));
        self.future = None;
        Poll::Ready(output)
    }
}

impl<T: 'static> Drop for EpilogueFuture<T> {
    fn drop(&mut self) {
        let (Some(future), Some(session)) = (self.future.take(), &self.session) else { return };
        if session.leaves_something() {
            let runner = session.runner();
            // No places were kept for it: it was not known what it would take.
            let place = session.needs_place().then(|| runner.take_place());
            // When the reply's body is dropped, it releases the tasks.
            runner.keep(session.origin().clone(), place, async move { drop(future.await) });
        }
    }
}

impl<T: 'static> fmt::Debug for EpilogueFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpilogueFuture").finish_non_exhaustive()
    }
}
