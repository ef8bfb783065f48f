use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{Either, Full};
use parking_lot::Mutex;

use crate::app::Trace;
use crate::dependency::Outcome;
use crate::response::{Failure, HttpError, RaisedError};
use crate::scope::{caught_now, drop_caught};
use crate::server::{Follows, Link, Passage, Stream};
use crate::tasks::{Batch, with_causes};

/// What must happen once a reply has left.
#[derive(Default)]
pub(crate) struct After {
    /// `None` for most requests.
    follows: Option<Follows>,
    link: Option<Link>,
}

impl After {
    pub(crate) fn batch(batch: Batch, link: Option<Link>) -> Self {
        Self { follows: Some(Follows::Batch(batch)), link }
    }

    pub(crate) fn passage(passage: Arc<Passage>) -> Self {
        Self { follows: Some(Follows::Passage(passage)), link: None }
    }

    /// A drain waits for a reply that is still being made, even if nothing follows it.
    #[cold]
    pub(crate) fn hold(&mut self, link: &mut Option<Link>) {
        if let Some(Link::Other(_)) = link {
            self.link = self.link.take().or_else(|| link.take());
        }
    }

    /// The request has failed after all.
    fn discard(&self) {
        if let Some(Follows::Batch(batch)) = &self.follows {
            batch.discard();
        }
    }

    fn is_nothing(&self) -> bool {
        self.follows.is_none()
    }
}

/// A server drops a reply's body when it has taken the last byte, or when nobody is left to take it; both release the batch.
impl Drop for After {
    fn drop(&mut self) {
        match (self.follows.take(), &self.link) {
            (None, _) => {}
            (Some(Follows::Batch(batch)), Some(link)) => link.reply_ended(batch),
            (Some(Follows::Batch(batch)), None) => batch.submit(),
            (Some(Follows::Passage(passage)), _) => passage.ended(),
        }
    }
}

/// For a reply that may break off: which route's it is, and how the request has ended in that case.
pub(crate) struct Breakable {
    route: Arc<str>,
    /// `None` under another server.
    link: Option<Link>,
    broke: Mutex<Option<Outcome>>,
}

impl Breakable {
    /// `None` if all of the content is there already.
    #[inline]
    pub(crate) fn of(
        content: &Content,
        of_request: impl FnOnce() -> (Arc<str>, Option<Link>),
    ) -> Option<Arc<Self>> {
        matches!(content, Either::Right(_)).then(|| {
            let (route, link) = of_request();
            Arc::new(Self { route, link, broke: Mutex::default() })
        })
    }

    /// How the request has ended, if its reply broke off.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.broke.lock().take()
    }
}

/// A reply that may break off, until all of it is there.
struct Unended(Arc<Breakable>);

impl Drop for Unended {
    fn drop(&mut self) {
        if let Some(link) = &self.0.link {
            link.log_if_cut_off(&self.0.route);
            link.reply_is_there();
        }
    }
}

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

/// The error of a stream that was the body of a reply, as exits of request scope see it: the reply has broken off.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::BrokenReply;
///
/// async fn close(session: &u32, outcome: &Outcome) {
///     if let Some(BrokenReply(error)) = outcome.error() {
///         eprintln!("of the reply of session {session} a part was sent: {error}");
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BrokenReply(pub axum_core::BoxError);

/// What the layers and the server are told: the stream's own error is its source.
#[derive(Debug)]
struct BrokeOff(HttpError);

impl fmt::Display for BrokeOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source_as::<BrokenReply>() {
            Some(error) => f.write_str(&with_causes(error)),
            None => f.write_str("a reply broke off"),
        }
    }
}

impl std::error::Error for BrokeOff {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let BrokenReply(error) = self.0.source_as::<BrokenReply>()?;
        Some(&**error)
    }
}

/// A body of any type, whose panics are caught: otherwise a server would lose the connection, and the part of the reply that was
/// not written yet.
struct Foreign {
    /// Taken when it has failed or panicked: polled again, it might panic again.
    body: Option<Body>,
    /// How it failed, until that is told, which takes another turn: when a body fails, hyper forgets what it has not written yet.
    error: Option<axum_core::Error>,
}

impl Foreign {
    fn new(body: Body) -> Self {
        Self { body: Some(body), error: None }
    }

    fn into_inner(mut self) -> Body {
        self.body.take().unwrap_or_default()
    }

    fn drop_body(&mut self) {
        if let Some(body) = self.body.take() {
            drop_caught(body);
        }
    }

    fn has_ended(&self) -> bool {
        if self.body.is_none() { self.error.is_none() } else { self.asked(Body::is_end_stream) }
    }

    /// What the body says of itself; the default if it panics instead.
    fn asked<T: Default>(&self, ask: impl FnOnce(&Body) -> T) -> T {
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

/// The error without axum's wrappers, which add nothing.
fn unwrapped(error: axum_core::BoxError) -> axum_core::BoxError {
    match error.downcast::<axum_core::Error>() {
        Ok(around) => unwrapped(around.into_inner()),
        Err(error) => error,
    }
}

/// A stream's error as text, and as the request's failure.
#[cold]
fn told(error: axum_core::Error) -> (String, HttpError) {
    let error = BrokenReply(unwrapped(error.into_inner()));
    (with_causes(&error), HttpError::from(error))
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

    pub(crate) fn is_of(&mut self, mut stream: Box<Stream>) {
        stream.waits_for_client();
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
        let Some(body) = &mut foreign.body else { return Poll::Ready(foreign.error.take().map(Err)) };
        let in_span = self.trace.as_deref().map(Trace::enter);
        let polled = caught_now(|| Pin::new(body).poll_frame(context).map_err(told));
        drop(in_span);
        let polled = match polled {
            Ok(polled) => polled.map_err(|(text, error)| self.failed(&text, error)),
            Err(failure) => {
                let text = failure.to_string();
                self.broke(&text, &failure);
                Poll::Ready(Some(Err(axum_core::Error::new(text))))
            }
        };
        match (polled, &mut self.content) {
            (Poll::Ready(Some(Err(error))), Either::Right(foreign)) => {
                foreign.drop_body();
                foreign.error = Some(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            (polled, _) => polled,
        }
    }

    #[cold]
    fn failed(&mut self, text: &str, error: HttpError) -> axum_core::Error {
        self.broke(text, &error.clone().raise());
        axum_core::Error::new(BrokeOff(error))
    }

    fn broke(&mut self, error: &str, failure: &Failure) {
        // A reply that has passed the layers was already reported inside them.
        if let Some(Unended(breakable)) = &self.breakable.take() {
            let in_span = self.trace.as_deref().map(Trace::enter);
            tracing::error!(route = &*breakable.route, %error, "a reply broke off");
            drop(in_span);
            *breakable.broke.lock() = Some(Outcome::of_failure(failure));
            self.after.discard();
        }
    }

    fn has_ended(&self) -> bool {
        self.rest() == 0
            && match &self.content {
                Either::Left(whole) => whole.is_end_stream(),
                Either::Right(body) => body.has_ended(),
            }
    }

    fn hint(&self) -> SizeHint {
        let mut hint = match &self.content {
            Either::Left(whole) => whole.size_hint(),
            Either::Right(body) => body.asked(Body::size_hint),
        };
        let rest = self.rest() as u64;
        if rest > 0 {
            let upper = hint.upper();
            hint.set_lower(hint.lower() + rest);
            if let Some(upper) = upper {
                hint.set_upper(upper + rest);
            }
        }
        hint
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
        match self.stream.as_deref_mut() {
            Some(stream) => stream.hand_on(polled),
            None => polled,
        }
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
