//! The app's layers, and the way of a request through them.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body_util::Either;
use tower_layer::Layer;
use tower_service::Service;

use super::builder::Config;
use super::reply_future::ReplyFuture;
use super::state::AppState;
use crate::body::{After, BodyTime, Early, ReplyBody, RequestBody};
use crate::param::ClientAddr;
use crate::scope::{BoxFuture, drop_caught};
use crate::server::{Connection, Link, Passage};

/// The future of an [`App`](crate::App) as a service.
pub(super) type AppFuture = BoxFuture<Result<Response, Infallible>>;

/// What a middleware wraps: a request in, a reply out.
pub(super) type Respond = Arc<dyn Fn(Request<Body>) -> AppFuture + Send + Sync>;

/// What a tower layer of an [`App`](crate::App) wraps: the app with the layers inside this one. It is a `tower::Service`.
///
/// Layers are mostly generic and need not name it. A function that makes one may have to:
///
/// ```
/// use epilogue::{App, Layered};
/// use tower_layer::layer_fn; // or `tower::layer::layer_fn`
///
/// fn beside_axum(app: Layered) -> axum::Router {
///     axum::Router::new().route("/old", axum::routing::get(|| async { "axum's own" })).fallback_service(app)
/// }
///
/// let app = App::new().layer(layer_fn(beside_axum));
/// # let _ = app;
/// ```
#[derive(Clone)]
pub struct Layered(pub(super) Respond);

impl Layered {
    pub(super) fn wrap<S>(service: S) -> Respond
    where
        S: Service<Request<Body>, Error: Unfailing> + Clone + Send + Sync + 'static,
        S::Response: IntoResponse,
        S::Future: Send,
    {
        Arc::new(move |request| {
            let mut service = service.clone();
            Box::pin(async move {
                let Ok(()) =
                    std::future::poll_fn(|context| service.poll_ready(context).map_err(Unfailing::never))
                        .await;
                let response = service.call(request);
                // Before there is a reply, which a panic of this drop would take with it.
                drop_caught(service);
                response.await.map(IntoResponse::into_response).map_err(Unfailing::never)
            })
        })
    }
}

/// What an [`App`](crate::App) can be wrapped in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tower layer",
    label = "not a layer",
    note = "a function becomes one by `axum::middleware::from_fn(…)`; a service that answers by itself, such as `ServeDir`, stands beside an `App` that is nested in an axum `Router`"
)]
#[doc(hidden)]
pub trait AppLayer {
    type Service;

    fn wrap(&self, inner: Layered) -> Self::Service;
}

#[diagnostic::do_not_recommend]
impl<L: Layer<Layered>> AppLayer for L {
    type Service = L::Service;

    fn wrap(&self, inner: Layered) -> L::Service {
        self.layer(inner)
    }
}

/// The error type of a layer's service: there is none, because an app always replies.
#[diagnostic::on_unimplemented(
    message = "this layer can fail with `{Self}`, but an app must always reply",
    label = "its service returns an error in place of a reply",
    note = "write `ServiceBuilder::new().layer(HandleErrorLayer::new(…)).layer(…)`, of tower and axum, which replies to the error; `tower_http` has a `TimeoutLayer` that replies by itself"
)]
#[doc(hidden)]
pub trait Unfailing {
    fn never(self) -> Infallible;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Infallible>> Unfailing for E {
    fn never(self) -> Infallible {
        self.into()
    }
}

impl fmt::Debug for Layered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Layered")
    }
}

/// The body may be any type, because a layer inside this one may have wrapped it.
impl<B> Service<Request<B>> for Layered
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum_core::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = AppFuture;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        (self.0)(request.map(Body::new))
    }
}

/// How a request inside the layers finds its way out. It travels in the request's extensions.
#[derive(Clone)]
struct WayOut(Arc<Passage>);

/// Sends a request through the layers. What follows its reply waits for the reply that the layers pass on, and still runs if
/// there is none because the client has left.
pub(super) fn through(
    app: &Arc<AppState>,
    layered: &Respond,
    mut request: Request<Body>,
    connection: Option<Arc<Connection>>,
) -> impl Future<Output = http::Response<ReplyBody>> + Send + 'static {
    let probe = request.extensions().get().cloned();
    let passage = Passage::new(connection, app.runner.request());
    let after = After::passage(Arc::clone(&passage));
    request.extensions_mut().insert(WayOut(Arc::clone(&passage)));
    let (app, layered) = (Arc::clone(app), Arc::clone(layered));
    async move {
        // Called only here, where a panic of a layer's is caught.
        let Ok(mut response) = layered(request).await;
        // The reply may be of a layer, which has dropped the body and knows nothing of the connection.
        if passage.leaves_unread() {
            response.extensions_mut().insert(Early);
        }
        // The tasks that a path function's reply carried have been taken out inside the layers.
        if let Some(tasks) = response.extensions_mut().remove() {
            // They wait in the passage for this reply to leave.
            drop(app.own_tasks(tasks, "a reply of a layer", probe, Some(Link::Passage(passage))));
        }
        response.map(|body| ReplyBody::new(Either::Right(body), after))
    }
}

/// Answers a request of our own server.
pub(super) fn serve_layered(
    app: &Arc<AppState>,
    layered: &Respond,
    parts: Parts,
    mut body: RequestBody,
    connection: &Arc<Connection>,
) -> ReplyFuture {
    let body = body.take_timed_stream(BodyTime { app, connection: Some(connection) });
    let mut request = Request::from_parts(parts, body);
    // Layers do not see the connection.
    request.extensions_mut().insert(ClientAddr(connection.client));
    let response = through(app, layered, request, Some(Arc::clone(connection)));
    // The future inside the layers has a keeper and the span; this one needs neither.
    ReplyFuture::running(Box::pin(response))
}

/// The app in all its layers, if it has any.
pub(super) fn layer(config: &Config, state: &Arc<AppState>) -> Option<Respond> {
    if config.layers.is_empty() {
        return None;
    }
    let state = Arc::clone(state);
    let inner: Respond = Arc::new(move |mut request| {
        let state = Arc::clone(&state);
        Box::pin(async move {
            let link = request.extensions_mut().remove().map(|WayOut(passage)| Link::Passage(passage));
            state.respond(request, link).await.map(|response| response.map(ReplyBody::into_body))
        })
    });
    Some(config.layers.iter().fold(inner, |inner, layer| layer(inner)))
}
