//! The app as a service: finds the route of a request, and begins it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use axum_core::response::Response;
use http::request::Parts;
use http::{HeaderValue, Request, StatusCode, header};
use http_body::Body as _;
use http_body_util::Either;
use tower_service::Service;

use super::App;
use super::layered::{AppFuture, serve_layered, through};
use super::reply_future::{Keeper, ReplyFuture};
use super::state::{AppState, Started};
use super::trace::Trace;
use crate::body::{After, ReplyBody, RequestBody};
use crate::response::{HttpError, internal_server_error};
use crate::scope::{CaptureRanges, Scope, drop_caught};
use crate::server::{Connection, Link, Stream};
use crate::tasks::{Background, Batch, BatchReport, Origin, Runner, with_causes};
use crate::testing::Probe;

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
        if let Some(started) = self.lifecycle.started.get() {
            return started.respond(request);
        }
        let app = self.clone();
        Box::pin(async move {
            match app.started().await {
                Ok(started) => started.respond(request).await,
                Err(error) => {
                    tracing::error!(error = with_causes(&error), "the app did not start");
                    Ok(internal_server_error())
                }
            }
        })
    }
}

impl Started {
    /// Answers a request of our own server.
    pub(crate) fn serve(
        &self,
        request: Request<hyper::body::Incoming>,
        connection: &Arc<Connection>,
    ) -> ReplyFuture {
        match connection.request_came(request.version(), request.method()) {
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
        let mut future = match &self.layered {
            None => self.state.call(parts, body, Some(Link::Connection(Arc::clone(connection)))),
            Some(layered) => serve_layered(&self.state, layered, parts, body, connection),
        };
        future.stream = stream;
        future.is_last = true;
        future
    }

    /// Answers a request of another server or of a test.
    pub(super) fn respond(&self, request: Request<Body>) -> AppFuture {
        if let Some(layered) = &self.layered {
            let response = through(&self.state, layered, request, None);
            return Box::pin(async move { Ok(response.await.map(ReplyBody::into_body)) });
        }
        let link = Link::Other(Arc::new(self.state.runner.request()));
        let response = self.state.respond(request, Some(link));
        Box::pin(async move { response.await.map(|response| response.map(ReplyBody::into_body)) })
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

impl AppState {
    /// Answers a request that does not come from our own server, or comes through the layers.
    pub(super) fn respond(self: &Arc<Self>, request: Request<Body>, link: Option<Link>) -> ReplyFuture {
        let (parts, body) = request.into_parts();
        self.call(parts, RequestBody::Other(body), link)
    }

    /// Answers a request that does not reach a path function.
    fn refuse(
        &self,
        error: &HttpError,
        parts: Parts,
        body: &mut RequestBody,
        mut link: Option<Link>,
    ) -> ReplyFuture {
        let (mut response, parts) = self.error_handlers.respond(error, parts);
        body.mark_if_unread(&mut response, link.as_ref());
        let after = if let (Some(parts), Some(tasks)) = (&parts, response.extensions_mut().remove()) {
            let name = format!("{} {}", parts.method, parts.uri.path());
            self.own_tasks(tasks, name, parts.extensions.get().cloned(), link.take())
        } else {
            After::default()
        };
        let response = response.map(|body| ReplyBody::new(Either::Right(body), after));
        // Of a known length, as nearly all are.
        if let (Some(link), Some(_)) = (&link, response.body().size_hint().exact()) {
            link.reply_is_there();
        }
        // A panic of these drops would take the reply and its tasks with it.
        body.let_go();
        drop_caught(parts);
        ReplyFuture::refused(response)
    }

    #[cold]
    fn refuse_unknown(
        &self,
        error: &HttpError,
        parts: Parts,
        body: &mut RequestBody,
        link: Option<Link>,
        trace: Option<&Trace>,
    ) -> ReplyFuture {
        if let Some(trace) = trace {
            trace.not_found(&parts.method);
        }
        self.refuse(error, parts, body, link)
    }

    /// What follows a reply that no path function has made. No places were reserved for its tasks, so at the limit all are
    /// dropped that are not `.always()`.
    pub(super) fn own_tasks(
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
        if Trace::is_wanted() {
            return self.call_traced(parts, body, link);
        }
        self.begin(parts, body, link, None)
    }

    #[cold]
    fn call_traced(self: &Arc<Self>, parts: Parts, body: RequestBody, link: Option<Link>) -> ReplyFuture {
        let trace = Trace::begin(&parts, link.as_ref().and_then(Link::connection));
        let entered = trace.enter();
        let mut future = self.begin(parts, body, link, Some(&trace));
        drop(entered);
        future.trace = Some(Box::new(trace));
        future
    }

    fn begin(
        self: &Arc<Self>,
        parts: Parts,
        mut body: RequestBody,
        link: Option<Link>,
        trace: Option<&Trace>,
    ) -> ReplyFuture {
        let (index, captures) = match self.find(&parts) {
            Ok(found) => found,
            Err(error) => return self.refuse_unknown(&error, parts, &mut body, link, trace),
        };
        let route = &self.routes[index];
        if let Some(trace) = trace {
            trace.found(route);
        }
        let places = route.places();
        let mut reservation = None;
        let is_refused = if places > 0 {
            reservation = self.runner.reserve(places);
            reservation.is_none()
        } else {
            // It adds nothing to what is pending, but is run to its end even if its client leaves.
            route.plan.has_exits && self.runner.keeps_too_many()
        };
        if is_refused {
            route.demand.refused(self.runner.limits().pending);
            self.runner.log_refused(&route.label);
            return self.refuse(&overloaded(&self.runner), parts, &mut body, link);
        }
        // As `CompiledRoute::leaves_something` has it, of the places that were asked for.
        let is_kept = places > 0 || route.plan.has_exits;
        let number = if is_kept || trace.is_some() { self.next_number() } else { 0 };
        if let Some(trace) = trace {
            trace.numbered(number);
        }
        let keep = is_kept.then(|| Keeper { app: Arc::clone(self), route: index, number, reservation });
        let run = route.node.run;
        let scope = Scope::new(Arc::clone(self), index, number, parts, captures, body, link);
        let mut future = ReplyFuture::running(run(scope));
        future.keep = keep;
        future
    }

    /// The route of a request, and what its template captures.
    fn find(&self, parts: &Parts) -> Result<(usize, CaptureRanges), HttpError> {
        let path = parts.uri.path();
        let found = self.table.at(path).map_err(|_| HttpError::new(StatusCode::NOT_FOUND, "Not Found"))?;
        let index = found.value.find(parts).ok_or_else(|| found.value.not_allowed())?;
        Ok((index, found.params.iter().map(|(_, value)| offsets(path, value)).collect()))
    }
}

/// Where a captured part stands in the path. The router returns slices of the path, which cannot be stored beside it.
fn offsets(path: &str, part: &str) -> (u32, u32) {
    let start = part.as_ptr().addr() - path.as_ptr().addr();
    // The path of an `http::Uri` has at most 65,534 bytes.
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    (at(start), at(start + part.len()))
}

pub(crate) fn overloaded(runner: &Runner) -> HttpError {
    HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        .header(header::RETRY_AFTER, HeaderValue::from(runner.retry_after()))
}
