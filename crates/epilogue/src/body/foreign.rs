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
    state: State,
}

enum State {
    Open(Body),
    /// Polled again, it might panic, and some layers do so. It is dropped only with the reply, whose end need not wait for that.
    Ended(Body),
    /// It has failed or panicked and was dropped. This is how, until the server is told.
    Gone(Option<axum_core::Error>),
}

impl Foreign {
    pub(super) fn new(body: Body) -> Self {
        Self { state: State::Open(body) }
    }

    pub(super) fn into_inner(mut self) -> Body {
        self.take_body().unwrap_or_default()
    }

    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let State::Open(body) = &mut self.state else { return Poll::Ready(None) };
        let polled = caught_now(|| Pin::new(body).poll_frame(context).map_err(Broken::of_error))
            .unwrap_or_else(|failure| Poll::Ready(Some(Err(Broken::of_panic(failure)))));
        if let Poll::Ready(None) = polled
            && let Some(body) = self.take_body()
        {
            self.state = State::Ended(body);
        }
        polled
    }

    /// Drops the body. The server is told in the next turn, since hyper then forgets what it has not written yet.
    pub(super) fn fail(&mut self, error: axum_core::Error, context: &Context<'_>) {
        self.drop_body();
        self.state = State::Gone(Some(error));
        context.waker().wake_by_ref();
    }

    /// How it failed, if the server is yet to be told.
    pub(super) fn take_error(&mut self) -> Option<axum_core::Error> {
        let State::Gone(error) = &mut self.state else { return None };
        error.take()
    }

    fn take_body(&mut self) -> Option<Body> {
        match std::mem::replace(&mut self.state, State::Gone(None)) {
            State::Open(body) | State::Ended(body) => Some(body),
            State::Gone(_) => None,
        }
    }

    fn drop_body(&mut self) {
        if let Some(body) = self.take_body() {
            drop_caught(body);
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        match &self.state {
            State::Open(_) => self.asked(Body::is_end_stream),
            State::Ended(_) => true,
            State::Gone(error) => error.is_none(),
        }
    }

    /// What the body says about itself; the default if it panics instead.
    pub(super) fn asked<T: Default>(&self, ask: impl FnOnce(&Body) -> T) -> T {
        let (State::Open(body) | State::Ended(body)) = &self.state else { return T::default() };
        caught_now(|| ask(body)).unwrap_or_else(|failure| {
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
