//! The app as a service: finds the route, and makes sure that a request is finished even if its client leaves.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body::Body as _;
use http_body_util::Either;
use tower_layer::Layer;
use tower_service::Service;

use super::start::{AppState, MethodTable, Started};
use super::trace::Trace;
use crate::body::{After, ReplyBody, RequestBody, never_has_content};
use crate::response::{Failure, HttpError, internal_server_error};
use crate::scope::{
    BoxFuture, CaptureRanges, Scope, asks_for_websocket, caught_now, drop_caught, drop_extensions,
};
use crate::server::{Connection, Link, Passage, Stream};
use crate::tasks::{Background, Batch, BatchReport, Origin, Reservation, Runner};
use crate::testing::Probe;

/// What a middleware wraps: a request in, a reply out.
pub(super) type Respond = Arc<dyn Fn(Request<Body>) -> BoxFuture<Response> + Send + Sync>;

/// The future of an [`App`](crate::App) as a service.
pub(super) type AppFuture = BoxFuture<Result<Response, Infallible>>;

/// What a tower layer of an [`App`](crate::App) wraps: the app with the layers inside this one.
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
                let Ok(response) =
                    service.call(request).await.map(IntoResponse::into_response).map_err(Unfailing::never);
                response
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
        let response = (self.0)(request.map(Body::new));
        Box::pin(async move { Ok(response.await) })
    }
}

/// How a request inside the layers finds its way out. It travels in the request's extensions.
#[derive(Clone)]
struct WayOut(Arc<Passage>);

impl Started {
    /// Answers a request of our own server.
    pub(crate) fn serve(
        &self,
        request: Request<hyper::body::Incoming>,
        connection: &Arc<Connection>,
    ) -> ReplyFuture {
        if let Some(layered) = &self.layered {
            return serve_layered(&self.state, layered, request, connection);
        }
        match connection.speaks(request.version(), request.method()) {
            None => self.answer(request, None, connection),
            Some(stream) => self.answer(with_host(request), Some(stream), connection),
        }
    }

    #[inline]
    fn answer(
        &self,
        request: Request<hyper::body::Incoming>,
        stream: Option<Box<Stream>>,
        connection: &Arc<Connection>,
    ) -> ReplyFuture {
        let (parts, body) = request.into_parts();
        let body = RequestBody::received(body, stream.as_deref());
        let link = Link::Connection(Arc::clone(connection));
        let mut future = self.state.call(parts, body, Some(link));
        future.stream = stream;
        future
    }

    /// Answers a request of another server or of a test.
    pub(crate) async fn respond(&self, request: Request<Body>) -> Response {
        match &self.layered {
            Some(layered) => through(&self.state, layered, request, None).await.map(ReplyBody::into_body),
            None => self.state.respond(request).await,
        }
    }
}

/// Sends a request through the layers. What follows its reply waits for the reply that the layers pass on, and still runs if
/// there is none because the client has left.
fn through(
    app: &Arc<AppState>,
    layered: &Respond,
    mut request: Request<Body>,
    connection: Option<Arc<Connection>>,
) -> impl Future<Output = http::Response<ReplyBody>> + Send + 'static {
    let is_last = connection.is_some();
    let probe = request.extensions().get().cloned();
    let passage = Passage::new(connection);
    let after = After::passage(Arc::clone(&passage));
    request.extensions_mut().insert(WayOut(Arc::clone(&passage)));
    let response = layered(request);
    let app = Arc::clone(app);
    async move {
        let mut response = response.await;
        // The tasks that a path function's reply carried have been taken out inside the layers.
        if let Some(tasks) = response.extensions_mut().remove() {
            // They wait in the passage for this reply to leave.
            drop(app.own_tasks(tasks, "a reply of a layer", probe, Some(Link::Passage(passage))));
        }
        if is_last && !response.extensions().is_empty() {
            drop_extensions(&mut response);
        }
        response.map(|body| ReplyBody::new(Either::Right(body), after))
    }
}

/// What HTTP/1 says in the header `host`, HTTP/2 says in the URI.
#[cold]
fn with_host<B>(mut request: Request<B>) -> Request<B> {
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::try_from(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    request
}

fn serve_layered(
    app: &Arc<AppState>,
    layered: &Respond,
    request: Request<hyper::body::Incoming>,
    connection: &Arc<Connection>,
) -> ReplyFuture {
    let stream = connection.speaks(request.version(), request.method());
    let time = connection.body_read_timeout;
    let request = if stream.is_some() { with_host(request) } else { request };
    let request = request.map(|body| RequestBody::received(body, stream.as_deref()).take_timed_stream(time));
    let response = through(app, layered, request, Some(Arc::clone(connection)));
    // The future inside the layers has a keeper and the span; this one needs neither.
    let mut future = ReplyFuture::new(FutureState::Running(Box::pin(response)));
    future.stream = stream;
    future
}

impl AppState {
    /// Answers a request inside the layers.
    pub(super) async fn respond(self: &Arc<Self>, mut request: Request<Body>) -> Response {
        let link = request.extensions_mut().remove().map(|WayOut(passage)| Link::Passage(passage));
        let (parts, body) = request.into_parts();
        let future = self.call(parts, RequestBody::Other(body), link);
        match future.await {
            Ok(response) => response.map(ReplyBody::into_body),
            Err(never) => match never {},
        }
    }

    /// Answers a request that does not reach a path function.
    fn refuse(&self, error: &HttpError, parts: Parts, link: Option<Link>) -> ReplyFuture {
        let (mut response, parts) = self.error_handlers.respond(error, parts);
        let after = if let (Some(parts), Some(tasks)) = (parts, response.extensions_mut().remove()) {
            let name = format!("{} {}", parts.method, parts.uri.path());
            self.own_tasks(tasks, name, parts.extensions.get().cloned(), link)
        } else {
            // Of a known length, as nearly all are.
            if let (Some(link), Some(_)) = (&link, response.body().size_hint().exact()) {
                link.reply_is_there();
            }
            After::default()
        };
        let response = response.map(|body| ReplyBody::new(Either::Right(body), after));
        ReplyFuture::new(FutureState::Refused(Box::new(response)))
    }

    #[cold]
    fn refuse_unknown(
        &self,
        error: &HttpError,
        parts: Parts,
        link: Option<Link>,
        trace: Option<&Trace>,
    ) -> ReplyFuture {
        if let Some(trace) = trace {
            trace.not_found(&parts.method);
        }
        self.refuse(error, parts, link)
    }

    /// What follows a reply that no path function has made. No places were reserved for its tasks, so at the limit all are
    /// dropped that are not `.always()`.
    fn own_tasks(
        &self,
        own: Background,
        name: impl Into<Arc<str>>,
        probe: Option<Probe>,
        link: Option<Link>,
    ) -> After {
        let is_full = self.runner.is_full();
        let tasks = self.runner.tasks(Origin::new(self.next_number(), name));
        tasks.append(own);
        if is_full {
            tracing::warn!(request = %tasks.origin(), "the limit of pending tasks is reached: the tasks that a reply carried were dropped");
            tasks.discard();
        }
        let Some(probe) = probe else { return After::batch(Batch::new(tasks), link) };
        probe.queued(tasks.pending());
        let batch = Batch::new(tasks).finally(async move |report: BatchReport| probe.done(report.failed));
        After::batch(batch, link)
    }

    fn call(self: &Arc<Self>, parts: Parts, body: RequestBody, link: Option<Link>) -> ReplyFuture {
        let trace = Trace::begin(&parts, link.as_ref().and_then(Link::connection));
        let entered = trace.as_ref().map(|trace| trace.enter());
        let mut future = self.begin(parts, body, link, trace.as_deref());
        drop(entered);
        future.trace = trace;
        future
    }

    fn begin(
        self: &Arc<Self>,
        parts: Parts,
        body: RequestBody,
        link: Option<Link>,
        trace: Option<&Trace>,
    ) -> ReplyFuture {
        let path = parts.uri.path();
        let Ok(found) = self.table.at(path) else {
            return self.refuse_unknown(
                &HttpError::new(StatusCode::NOT_FOUND, "Not Found"),
                parts,
                link,
                trace,
            );
        };
        let Some(index) = found.value.find(&parts) else {
            let error = method_not_allowed(found.value);
            return self.refuse_unknown(&error, parts, link, trace);
        };
        let captures = if found.params.is_empty() {
            CaptureRanges::new()
        } else {
            found.params.iter().map(|(_, value)| offsets(path, value)).collect()
        };
        let route = &self.routes[index];
        if let Some(trace) = trace {
            trace.found(route);
        }
        let places = route.places();
        let reservation = (places > 0).then(|| self.runner.reserve(places));
        if let Some(None) = reservation {
            route.demand.refused(self.runner.limits().pending);
            tracing::warn!(
                route = &*route.label,
                "the limit of pending tasks is reached: a request was refused"
            );
            return self.refuse(&overloaded(&self.runner), parts, link);
        }
        let reservation = reservation.flatten();
        let mut number = 0;
        if reservation.is_some() || trace.is_some() {
            number = self.next_number();
        }
        if let Some(trace) = trace {
            trace.numbered(number);
        }
        let keep = reservation.map(|reservation| Keeper {
            app: Arc::clone(self),
            route: index,
            number,
            reservation,
        });
        let run = route.node.run;
        let scope = Scope::new(Arc::clone(self), index, number, parts, captures, body, link);
        let mut future = ReplyFuture::new(FutureState::Running(run(scope)));
        future.keep = keep;
        future
    }
}

/// Where a captured part stands in the path. The router returns slices of the path, which cannot be stored beside it.
fn offsets(path: &str, part: &str) -> (u32, u32) {
    let start = part.as_ptr().addr() - path.as_ptr().addr();
    // The path of an `http::Uri` has at most 65,534 bytes.
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    (at(start), at(start + part.len()))
}

fn method_not_allowed(methods: &MethodTable) -> HttpError {
    let error = HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    match HeaderValue::try_from(methods.allowed()) {
        Ok(allowed) => error.header(header::ALLOW, allowed),
        Err(_) => error,
    }
}

pub(crate) fn overloaded(runner: &Runner) -> HttpError {
    HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        .header(header::RETRY_AFTER, HeaderValue::from(runner.retry_after()))
}

impl MethodTable {
    /// The route that answers. If there is no function for HEAD, GET answers it, and the body is left out on the way to the
    /// client. A GET may have a page and a WebSocket at the same path: whoever asks for a WebSocket gets that.
    fn find(&self, request: &Parts) -> Option<usize> {
        let of = |method: &Method| self.methods.iter().find(|(of, _)| of == method).map(|(_, route)| *route);
        let plain = of(&request.method)
            .or_else(|| if request.method == Method::HEAD { of(&Method::GET) } else { None });
        match self.websocket {
            Some(route)
                if request.method == Method::GET && (plain.is_none() || asks_for_websocket(request)) =>
            {
                Some(route)
            }
            _ => plain,
        }
    }

    fn allowed(&self) -> String {
        let mut allowed: Vec<&str> = self.methods.iter().map(|(method, _)| method.as_str()).collect();
        if allowed.contains(&"GET") && !allowed.contains(&"HEAD") {
            allowed.push("HEAD");
        }
        if self.websocket.is_some() && !allowed.contains(&"GET") {
            allowed.push("GET");
        }
        allowed.sort_unstable();
        allowed.join(", ")
    }
}

/// A reply to come.
///
/// Servers drop it when the client leaves. If the request can leave something behind (its graph has tasks or exits), the app's
/// runner then runs it to its end all the same.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct ReplyFuture {
    state: FutureState,
    keep: Option<Keeper>,
    /// Moves on to the reply's body.
    trace: Option<Box<Trace>>,
    /// So does this.
    stream: Option<Box<Stream>>,
}

enum FutureState {
    Running(BoxFuture<http::Response<ReplyBody>>),
    Refused(Box<http::Response<ReplyBody>>),
    Done,
}

/// What is needed to keep a request running when its client has left.
struct Keeper {
    app: Arc<AppState>,
    route: usize,
    number: u64,
    /// The places for what it leaves behind, held until it has ended.
    reservation: Reservation,
}

impl ReplyFuture {
    fn new(state: FutureState) -> Self {
        Self { state, keep: None, trace: None, stream: None }
    }
}

impl Future for ReplyFuture {
    type Output = Result<http::Response<ReplyBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { state, trace, stream, .. } = &mut *self;
        // Written in place, because a reply is large and expensive to move.
        let mut polled = Poll::Pending;
        match state {
            FutureState::Running(future) => {
                let _entered = trace.as_ref().map(|trace| trace.enter());
                if let Err(failure) = caught_now(|| polled = future.as_mut().poll(context).map(Ok)) {
                    polled = Poll::Ready(Ok(panicked(state, &failure)));
                }
            }
            FutureState::Refused(response) => polled = Poll::Ready(Ok(std::mem::take(&mut **response))),
            FutureState::Done => panic!("a `ReplyFuture` was polled after it was done"),
        }
        if let Poll::Ready(Ok(response)) = &mut polled {
            *state = FutureState::Done;
            if let Some(trace) = trace.take() {
                trace.answered(response.status());
                response.body_mut().trace(trace);
            }
            if response.status() == StatusCode::RESET_CONTENT {
                // hyper leaves out the content of the other statuses that must not have any.
                response.headers_mut().remove(header::CONTENT_LENGTH);
                response.body_mut().leave_out();
            }
            if let Some(stream) = stream.take() {
                over_http2(response, stream);
            }
        }
        polled
    }
}

/// Leaves out the content that a reply must not have; hyper does this only on HTTP/1.
fn over_http2(response: &mut http::Response<ReplyBody>, stream: Box<Stream>) {
    let never_has_any = never_has_content(response.status());
    if stream.is_head
        && !never_has_any
        && let Some(length) = response.body().size_hint().exact().filter(|&length| length > 0)
    {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    if stream.is_head || never_has_any {
        response.body_mut().leave_out();
    }
    response.body_mut().is_of(stream);
}

#[cold]
fn panicked(state: &mut FutureState, failure: &Failure) -> http::Response<ReplyBody> {
    tracing::error!(
        ?failure,
        "a request panicked outside of its functions: in a layer, or in what it dropped"
    );
    // Dropping the rest of it may panic again.
    drop_caught(std::mem::replace(state, FutureState::Done));
    internal_server_error().map(|body| ReplyBody::new(Either::Right(body), After::default()))
}

impl Drop for ReplyFuture {
    fn drop(&mut self) {
        let Some(Keeper { app, route, number, reservation }) = self.keep.take() else { return };
        if let FutureState::Running(future) = std::mem::replace(&mut self.state, FutureState::Done) {
            let origin = Origin::new(number, Arc::clone(&app.routes[route].label));
            let reservation = Some(reservation);
            // When the reply's body is dropped, it releases the tasks.
            match self.trace.take() {
                None => app.runner.keep(origin, reservation, async move { drop(future.await) }),
                Some(trace) => app.runner.keep(origin, reservation, async move {
                    let response = trace.around(future).await;
                    trace.answered(response.status());
                    drop((trace, response));
                }),
            }
        }
    }
}

impl fmt::Debug for ReplyFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyFuture")
    }
}
