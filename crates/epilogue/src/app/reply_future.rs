//! A reply to come, which is finished even if its client leaves.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{StatusCode, header};
use http_body::Body as _;
use http_body_util::Either;
use hyper::ext::ReasonPhrase;

use super::state::AppState;
use super::trace::Trace;
use crate::body::{After, Early, ReplyBody, never_has_content};
use crate::response::{Failure, internal_server_error};
use crate::scope::{BoxFuture, caught_now, drop_caught};
use crate::server::Stream;
use crate::tasks::{Origin, Reservation};

/// A reply to come.
///
/// Servers drop it when the client leaves. If the request can leave something behind (its graph has tasks or exits), the app's
/// runner then runs it to its end all the same.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct ReplyFuture {
    state: FutureState,
    pub(super) keep: Option<Keeper>,
    /// Moves on to the reply's body.
    pub(super) trace: Option<Box<Trace>>,
    /// So does this.
    pub(super) stream: Option<Box<Stream>>,
    /// Our own server takes the reply next.
    pub(super) is_last: bool,
}

enum FutureState {
    Running(BoxFuture<http::Response<ReplyBody>>),
    Made(Box<http::Response<ReplyBody>>),
    Done,
}

/// What is needed to keep a request running when its client has left.
pub(super) struct Keeper {
    pub(super) app: Arc<AppState>,
    pub(super) route: usize,
    pub(super) number: u64,
    /// The places for what it leaves behind, held until it has ended.
    pub(super) reservation: Option<Reservation>,
}

impl ReplyFuture {
    pub(super) fn running(future: BoxFuture<http::Response<ReplyBody>>) -> Self {
        Self::new(FutureState::Running(future))
    }

    /// For a request that does not reach a path function.
    pub(super) fn refused(response: http::Response<ReplyBody>) -> Self {
        Self::new(FutureState::Made(Box::new(response)))
    }

    fn new(state: FutureState) -> Self {
        Self { state, keep: None, trace: None, stream: None, is_last: false }
    }
}

impl Future for ReplyFuture {
    type Output = Result<http::Response<ReplyBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { state, trace, stream, is_last, .. } = &mut *self;
        // Written in place, because a reply is large and expensive to move.
        let mut polled = Poll::Pending;
        match state {
            FutureState::Running(future) => {
                let _entered = trace.as_ref().map(|trace| trace.enter());
                if let Err(failure) = caught_now(|| polled = future.as_mut().poll(context).map(Ok)) {
                    polled = Poll::Ready(Ok(panicked(state, &failure)));
                }
            }
            FutureState::Made(response) => polled = Poll::Ready(Ok(std::mem::take(&mut **response))),
            FutureState::Done => panic!("a `ReplyFuture` was polled after it was done"),
        }
        let Poll::Ready(Ok(response)) = &mut polled else { return polled };
        if !response.extensions().is_empty() {
            let is_early = response.extensions_mut().remove::<Early>().is_some();
            if *is_last {
                drop_extensions(response);
            }
            if is_early && stream.is_none() {
                // hyper looks for the rest of the request's body, which nobody reads any more, only in its next turn. If it is
                // not there, the connection cannot go on, and the head of the reply has to say so.
                *state = FutureState::Made(Box::new(std::mem::take(response)));
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
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
        polled
    }
}

/// Drops the extensions that hyper has no use for, since hyper would drop them where a panic ends the connection. Layers have seen them.
fn drop_extensions(response: &mut http::Response<ReplyBody>) {
    let mut extensions = std::mem::take(response.extensions_mut());
    if let Some(reason) = extensions.remove::<ReasonPhrase>() {
        response.extensions_mut().insert(reason);
    }
    drop_caught(extensions);
}

/// Leaves out the content that a reply must not have; hyper does this only on HTTP/1.
fn over_http2(response: &mut http::Response<ReplyBody>, stream: Box<Stream>) {
    if response.status().is_informational() {
        // A client would take this for a broken connection, and give up all its requests.
        tracing::error!(status = response.status().as_u16(), "a reply with a status of 1xx became a 500");
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.headers_mut().clear();
        response.body_mut().leave_out();
    }
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
    let mut response = internal_server_error();
    // Perhaps with what was left of the body.
    response.extensions_mut().insert(Early);
    response.map(|body| ReplyBody::new(Either::Right(body), After::default()))
}

impl Drop for ReplyFuture {
    fn drop(&mut self) {
        let Some(Keeper { app, route, number, reservation }) = self.keep.take() else { return };
        if let FutureState::Running(future) = std::mem::replace(&mut self.state, FutureState::Done) {
            let origin = Origin::new(number, Arc::clone(&app.routes[route].label));
            // When the reply's body is dropped, it releases the tasks.
            match self.trace.take() {
                None => app.runner.keep(origin, reservation, async move { drop_caught(future.await) }),
                Some(trace) => app.runner.keep(origin, reservation, async move {
                    let response = trace.around(future).await;
                    trace.answered(response.status());
                    drop_caught((trace, response));
                }),
            }
        }
    }
}
