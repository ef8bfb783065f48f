//! The body of a multipart form in the pieces in which it is handed to multer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum_core::BoxError;
use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;

/// How much may be read before the head of a part is complete.
const MAX_HEAD: usize = 64 * 1024;

/// Why a body is not handed to multer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the head of a part has more than {MAX_HEAD} bytes")]
    HeadTooLong,
    #[error("it does not begin with its boundary")]
    Unopened,
}

/// Checks the beginning of a body: multer would search for the boundary behind anything that comes before it.
struct Opening {
    boundary: Vec<u8>,
    /// How much of the boundary has come.
    seen: usize,
}

impl Opening {
    fn of(boundary: &str) -> Self {
        Self { boundary: format!("--{boundary}").into_bytes(), seen: 0 }
    }

    /// Whether the body continues like one that begins with its boundary.
    fn goes_on(&mut self, piece: &[u8]) -> bool {
        for &byte in piece {
            if self.seen > self.boundary.len() {
                return true;
            }
            if self.seen == 0 && matches!(byte, b'\r' | b'\n') {
                continue;
            }
            let is_right = match self.boundary.get(self.seen) {
                Some(&wanted) => byte == wanted,
                // The boundary is followed by the end of the line, or of the form.
                None => matches!(byte, b'\r' | b'-'),
            };
            if !is_right {
                return false;
            }
            self.seen += 1;
        }
        true
    }
}

/// What has been handed out since multer was last asked for something.
#[derive(Debug, Default)]
pub(super) struct Asked {
    length: AtomicUsize,
    /// multer has looked at everything, and only the end is left.
    looked_at_all: AtomicBool,
    has_ended: AtomicBool,
}

impl Asked {
    pub(super) fn again(&self) {
        self.length.store(0, Ordering::Relaxed);
        self.looked_at_all.store(false, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }
}

/// The body as multer takes it. multer reads until there is nothing more at the moment, however much that is; so after each piece
/// this has nothing, until multer has looked at that piece and asks again. Likewise multer is told of the end only once it has
/// looked at everything, each time that it is asked for something: so an error that comes without the end was not caused by the end.
pub(super) struct Pieces<B> {
    /// `None` once it has ended: not every body can be polled again after its end.
    body: Option<B>,
    pause: bool,
    asked: Arc<Asked>,
    opening: Opening,
}

impl<B> Pieces<B> {
    pub(super) fn new(body: B, boundary: &str, asked: Arc<Asked>) -> Self {
        Self { body: Some(body), pause: false, asked, opening: Opening::of(boundary) }
    }
}

impl<B> Stream for Pieces<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        // A single piece may have any size: the limit on the whole counts it.
        if self.asked.length.load(Ordering::Relaxed) > MAX_HEAD {
            return Poll::Ready(Some(Err(Refused::HeadTooLong.into())));
        }
        loop {
            let frame = match &mut self.body {
                Some(body) => ready!(Pin::new(body).poll_frame(context)),
                None => None,
            };
            match frame {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    if !self.opening.goes_on(&piece) {
                        return Poll::Ready(Some(Err(Refused::Unopened.into())));
                    }
                    self.asked.length.fetch_add(piece.len(), Ordering::Relaxed);
                    self.pause = true;
                    return Poll::Ready(Some(Ok(piece)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None if !self.asked.looked_at_all.swap(true, Ordering::Relaxed) => {
                    self.body = None;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => {
                    self.asked.has_ended.store(true, Ordering::Relaxed);
                    return Poll::Ready(None);
                }
            }
        }
    }
}
