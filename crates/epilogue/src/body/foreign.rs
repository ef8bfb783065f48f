use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame};

use super::broken::Broken;
use crate::scope::{caught_now, drop_caught};

/// A body of any type, whose panics are caught: otherwise a server would lose the connection, and the part of the reply that was
/// not written yet.
pub(super) struct Foreign {
    /// Taken when it has failed or panicked: polled again, it might panic again.
    body: Option<Body>,
    /// Polled again, it might panic, and some layers do so. It is dropped only with the reply, whose end need not wait for that.
    has_ended: bool,
    /// How it failed, until the server is told.
    error: Option<axum_core::Error>,
}

impl Foreign {
    pub(super) fn new(body: Body) -> Self {
        Self { body: Some(body), has_ended: false, error: None }
    }

    pub(super) fn into_inner(mut self) -> Body {
        self.body.take().unwrap_or_default()
    }

    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let (false, Some(body)) = (self.has_ended, &mut self.body) else { return Poll::Ready(None) };
        let polled = caught_now(|| Pin::new(body).poll_frame(context).map_err(Broken::of_error))
            .unwrap_or_else(|failure| Poll::Ready(Some(Err(Broken::of_panic(failure)))));
        self.has_ended = matches!(polled, Poll::Ready(None));
        polled
    }

    /// Drops the body. The server is told in the next turn, since hyper then forgets what it has not written yet.
    pub(super) fn fail(&mut self, error: axum_core::Error, context: &Context<'_>) {
        self.drop_body();
        self.error = Some(error);
        context.waker().wake_by_ref();
    }

    /// How it failed, if the server is yet to be told.
    pub(super) fn take_error(&mut self) -> Option<axum_core::Error> {
        self.error.take()
    }

    fn drop_body(&mut self) {
        if let Some(body) = self.body.take() {
            drop_caught(body);
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
            || if self.body.is_none() { self.error.is_none() } else { self.asked(Body::is_end_stream) }
    }

    /// What the body says of itself; the default if it panics instead.
    pub(super) fn asked<T: Default>(&self, ask: impl FnOnce(&Body) -> T) -> T {
        caught_now(|| self.body.as_ref().map(ask).unwrap_or_default()).unwrap_or_else(|failure| {
            tracing::error!(
                ?failure,
                "the body of a reply panicked when it was asked for its length or its end"
            );
            T::default()
        })
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.drop_body();
    }
}
