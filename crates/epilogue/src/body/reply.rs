use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum_core::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{Either, Full};

use super::After;
use super::broken::{Breakable, Broken, Unended};
use super::foreign::Foreign;
use crate::app::Trace;
use crate::dependency::Outcome;
use crate::server::Stream;

/// What a path function replied with. axum's body is boxed, which most functions' replies do not need.
pub(crate) type Content = Either<Full<Bytes>, Body>;

/// Whether a reply with this status consists of its head alone.
pub(crate) fn never_has_content(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

pub(crate) fn into_body(content: Content) -> Body {
    match content {
        Either::Left(whole) => Body::new(whole),
        Either::Right(body) => body,
    }
}

/// The body of a reply, with what must happen after it.
pub struct ReplyBody {
    content: Either<Full<Bytes>, Foreign>,
    /// Taken when it breaks off.
    breakable: Option<Unended>,
    /// The request's span: it ends with the reply, and so before what follows begins.
    trace: Option<Box<Trace>>,
    after: After,
    /// The request's own, on HTTP/2: in flight until all of its reply has been taken.
    stream: Option<Box<Stream>>,
}

impl Default for ReplyBody {
    fn default() -> Self {
        Self::new(Either::Left(Full::default()), After::default())
    }
}

impl ReplyBody {
    pub(crate) fn new(content: Content, after: After) -> Self {
        Self::of_route(content, after, None)
    }

    /// The reply of a path function.
    #[inline]
    pub(crate) fn of_route(content: Content, after: After, breakable: Option<Arc<Breakable>>) -> Self {
        let content = match content {
            Either::Left(whole) => Either::Left(whole),
            Either::Right(body) => Either::Right(Foreign::new(body)),
        };
        Self { content, breakable: breakable.map(Unended), after, trace: None, stream: None }
    }

    pub(crate) fn trace(&mut self, trace: Box<Trace>) {
        self.trace = Some(trace);
    }

    pub(crate) fn is_of(&mut self, stream: Box<Stream>) {
        self.stream = Some(stream);
    }

    /// Drops the content: the reply is its head alone.
    pub(crate) fn leave_out(&mut self) {
        self.content = Either::Left(Full::default());
    }

    #[inline]
    fn poll_content(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        match &mut self.content {
            Either::Left(whole) => Pin::new(whole).poll_frame(context).map_err(|never| match never {}),
            Either::Right(_) => self.poll_body(context),
        }
    }

    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        let Either::Right(foreign) = &mut self.content else { return Poll::Ready(None) };
        if let Some(error) = foreign.take_error() {
            return Poll::Ready(Some(Err(error)));
        }
        let in_span = self.trace.as_deref().map(Trace::enter);
        let polled = foreign.poll_frame(context);
        drop(in_span);
        match ready!(polled) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(frame))),
            Some(Err(broken)) => {
                self.broke(&broken);
                if let Either::Right(foreign) = &mut self.content {
                    foreign.fail(broken.error, context);
                }
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }

    #[cold]
    fn broke(&mut self, broken: &Broken) {
        // A reply that has passed the layers was already reported inside them.
        if let Some(Unended(breakable)) = &self.breakable.take() {
            let in_span = self.trace.as_deref().map(Trace::enter);
            tracing::error!(route = &*breakable.route, error = broken.text, "a reply broke off");
            drop(in_span);
            breakable.broke_off(Outcome::of_failure(&broken.failure));
            self.after.discard();
        }
    }

    /// Marks what ends the reply, except for trailers: they are no piece that could be marked.
    fn with_end_marked<E>(
        &mut self,
        polled: Poll<Option<Result<Frame<Bytes>, E>>>,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let last = match polled {
            // The body has not said before that it has ended. hyper would write an empty piece of its own.
            Poll::Ready(None) if self.after.end.is_none() => Bytes::new(),
            Poll::Ready(Some(Ok(frame))) => {
                // A body that goes on after it has ended loses its mark.
                self.after.end = None;
                match frame.into_data() {
                    Ok(piece) if self.has_ended() => piece,
                    Ok(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                }
            }
            polled => return polled,
        };
        let Some(stream) = &self.stream else { return Poll::Ready(Some(Ok(Frame::data(last)))) };
        let (last, end) = stream.marked(last);
        self.after.end = Some(end);
        Poll::Ready(Some(Ok(Frame::data(last))))
    }

    fn has_ended(&self) -> bool {
        self.rest() == 0
            && match &self.content {
                Either::Left(whole) => whole.is_end_stream(),
                Either::Right(body) => body.has_ended(),
            }
    }

    fn hint(&self) -> SizeHint {
        let content = match &self.content {
            Either::Left(whole) => whole.size_hint(),
            Either::Right(body) => body.asked(Body::size_hint),
        };
        content + SizeHint::with_exact(self.rest() as u64)
    }

    fn rest(&self) -> usize {
        self.stream.as_ref().map_or(0, |stream| stream.rest.len())
    }

    /// For a middleware, which treats all bodies alike.
    pub(crate) fn into_body(self) -> Body {
        let is_plain = self.after.is_nothing() && self.breakable.is_none();
        if is_plain && self.trace.is_none() && self.stream.is_none() {
            match self.content {
                Either::Left(whole) => Body::new(whole),
                Either::Right(body) => body.into_inner(),
            }
        } else {
            Body::new(self)
        }
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyBody")
            .field("has_tasks_or_exits", &!self.after.is_nothing())
            .finish_non_exhaustive()
    }
}

impl http_body::Body for ReplyBody {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        let Some(stream) = self.stream.as_deref_mut() else { return self.poll_content(context) };
        let rest = std::mem::take(&mut stream.rest);
        let polled = if rest.is_empty() {
            self.poll_content(context)
        } else {
            Poll::Ready(Some(Ok(Frame::data(rest))))
        };
        let something_follows = !self.after.is_nothing();
        let polled = match self.stream.as_deref_mut() {
            Some(stream) => stream.hand_on(polled, something_follows),
            None => polled,
        };
        if something_follows { self.with_end_marked(polled) } else { polled }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match (&self.content, &self.stream) {
            (Either::Left(whole), None) => whole.is_end_stream(),
            _ => self.has_ended(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match (&self.content, &self.stream) {
            (Either::Left(whole), None) => whole.size_hint(),
            _ => self.hint(),
        }
    }
}
