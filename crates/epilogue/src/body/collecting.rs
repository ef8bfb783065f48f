use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::time::{STRETCH, time_is_up};
use super::{BodyError, BodyTime};
use crate::scope::BoxFuture;

/// A body while it is read. It is borrowed and not moved: each place that it moved to would be part of every request's future.
pub(super) struct Collecting<'a, B> {
    body: &'a mut B,
    limit: usize,
    time: BodyTime<'a>,
    /// Set when the body is first waited for. Most are not: they have come with the head.
    timer: Option<BoxFuture<Duration>>,
    /// Most bodies come in one piece, which is kept as it is.
    first: Bytes,
    all: BytesMut,
}

pub(super) fn collecting<'a, B>(body: &'a mut B, limit: usize, time: BodyTime<'a>) -> Collecting<'a, B> {
    Collecting { body, limit, time, timer: None, first: Bytes::new(), all: BytesMut::new() }
}

impl<B> Collecting<'_, B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<axum_core::BoxError>,
{
    fn take(&mut self, piece: Bytes) -> Result<(), BodyError> {
        let limit = self.limit;
        let before = self.first.len().max(self.all.len());
        let after = before + piece.len();
        // From the stop on, the time begins anew with each piece.
        if self.timer.is_some()
            && (before / STRETCH < after / STRETCH || self.time.app.stopping.is_cancelled())
        {
            self.timer = None;
        }
        if after > limit {
            return Err(BodyError::TooLarge { limit });
        }
        if self.first.is_empty() && self.all.is_empty() {
            self.first = piece;
        } else {
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
            self.all.extend_from_slice(&piece);
        }
        Ok(())
    }

    /// No more has come so far.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, BodyError>> {
        let BodyTime { app, connection: Some(_) } = self.time else { return Poll::Pending };
        let limit = self.time.limit();
        let timer = self.timer.get_or_insert_with(|| time_is_up(limit, Arc::clone(app)));
        timer.as_mut().poll(context).map(|limit| Err(BodyError::TooSlow { limit }))
    }
}

impl<B> Future for Collecting<'_, B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<axum_core::BoxError>,
{
    type Output = Result<Bytes, BodyError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            match Pin::new(&mut *this.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(piece) = frame.into_data() {
                        this.take(piece)?;
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(BodyError::Read(error.into()))),
                Poll::Ready(None) if this.all.is_empty() => {
                    return Poll::Ready(Ok(std::mem::take(&mut this.first)));
                }
                Poll::Ready(None) => return Poll::Ready(Ok(std::mem::take(&mut this.all).freeze())),
                Poll::Pending => return this.poll_late(context),
            }
        }
    }
}
