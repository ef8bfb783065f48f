//! How long a client may take to send a body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::sleep;

use super::BodyError;
use crate::app::AppState;
use crate::scope::BoxFuture;
use crate::server::Connection;

/// What says how long a client of our own server may take to send a body.
#[derive(Clone, Copy)]
pub(crate) struct BodyTime<'a> {
    pub(crate) app: &'a Arc<AppState>,
    /// `None` under another server.
    pub(crate) connection: Option<&'a Connection>,
}

impl BodyTime<'_> {
    pub(super) fn limit(self) -> Option<Duration> {
        self.connection?.body_read_timeout
    }

    /// A body of which the next piece must come within this time, and once the server stops, within less.
    pub(super) fn between_pieces(self, body: Body, limit: Option<Duration>) -> Body {
        if self.connection.is_none() || body.is_end_stream() {
            return body;
        }
        Body::new(Limited { body: Some(body), limit, app: Arc::clone(self.app), timer: None })
    }
}

/// Waits until a client has had its time, and returns how much that was. From the moment that the server stops there is no more than for any
/// other client that does nothing.
pub(crate) fn time_is_up(limit: Option<Duration>, app: Arc<AppState>) -> BoxFuture<Duration> {
    Box::pin(async move {
        let limit = limit.unwrap_or(Duration::MAX);
        let most = app.longest_wait();
        let from_the_stop_on = async {
            app.stopping.cancelled().await;
            sleep(most).await;
        };
        tokio::select! {
            () = sleep(limit) => limit,
            () = from_the_stop_on => most,
        }
    })
}

/// A body that breaks off if no piece of it comes for too long while someone waits for it.
struct Limited {
    /// `None` once it has broken off: whoever goes on reading in spite of the error finds the end.
    body: Option<Body>,
    limit: Option<Duration>,
    app: Arc<AppState>,
    /// Only while someone waits.
    timer: Option<BoxFuture<Duration>>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        let Self { body: Some(body), limit, app, timer } = &mut *self else { return Poll::Ready(None) };
        let frame = if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            *timer = None;
            frame
        } else {
            let time_is_up = timer.get_or_insert_with(|| time_is_up(*limit, Arc::clone(app)));
            let limit = ready!(time_is_up.as_mut().poll(context));
            Some(Err(axum_core::Error::new(BodyError::TooSlow { limit })))
        };
        if let Some(Err(_)) = frame {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}
