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
use super::request::says_that_it_has_ended;
use crate::app::AppState;
use crate::scope::BoxFuture;
use crate::server::Connection;

/// A client that has sent this much more of a body has its time again, where all of the body is wanted: what is large may take long.
pub(super) const STRETCH: usize = 2 * 1024 * 1024;

/// What says how long a client of our own server may take to send a body.
#[derive(Clone, Copy)]
pub(crate) struct BodyTime<'a> {
    pub(crate) app: &'a Arc<AppState>,
    /// `None` under another server.
    pub(crate) connection: Option<&'a Arc<Connection>>,
}

impl BodyTime<'_> {
    pub(super) fn limit(self) -> Option<Duration> {
        self.connection?.body_read_timeout
    }

    /// A body of which the next stretch of this many bytes must come in time. Once the server stops, the next piece must.
    pub(super) fn by_stretches(self, body: Body, stretch: usize) -> Body {
        let Some(connection) = self.connection else { return body };
        if body.is_end_stream() {
            return body;
        }
        Body::new(Limited {
            body: Some(body),
            has_ended: false,
            stretch,
            came: 0,
            app: Arc::clone(self.app),
            connection: Arc::clone(connection),
            timer: None,
        })
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

/// A body that breaks off if too little of it comes for too long while someone waits for it.
struct Limited {
    /// `None` once it has broken off: whoever goes on reading in spite of the error finds the end.
    body: Option<Body>,
    has_ended: bool,
    stretch: usize,
    /// How much of the stretch has come.
    came: usize,
    app: Arc<AppState>,
    connection: Arc<Connection>,
    /// From when someone first waits for the stretch.
    timer: Option<BoxFuture<Duration>>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        let Self { body: Some(body), has_ended, stretch, came, app, connection, timer } = &mut *self else {
            return Poll::Ready(None);
        };
        let frame = if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                *came += frame.data_ref().map_or(0, Bytes::len);
            }
            if *came >= *stretch || timer.is_some() && app.stopping.is_cancelled() {
                *came = 0;
                *timer = None;
            }
            frame
        } else {
            let limit = connection.body_read_timeout;
            let time_is_up = timer.get_or_insert_with(|| time_is_up(limit, Arc::clone(app)));
            let limit = ready!(time_is_up.as_mut().poll(context));
            Some(Err(axum_core::Error::new(BodyError::TooSlow { limit })))
        };
        *has_ended |= frame.is_none();
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

/// Before the rest of it is dropped, so that the next request cannot have come.
impl Drop for Limited {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.as_ref().is_some_and(says_that_it_has_ended) {
            self.connection.leaves_unread();
        }
    }
}
