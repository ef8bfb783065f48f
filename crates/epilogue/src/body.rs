//! The bodies of a request and of its reply. A reply's body carries what must happen after it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_core::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::time::Sleep;

use crate::app::Trace;
use crate::dependency::Outcome;
use crate::response::{Failure, HttpError, RaisedError};
use crate::scope::{caught_now, drop_caught};
use crate::server::{Follows, Link, Passage, Stream};
use crate::tasks::{Batch, with_causes};
#[cfg(feature = "multipart")]
use crate::upload::{self, FormLimits, MultipartError, MultipartForm};

/// A request's body: unread, or read once and kept.
pub(crate) enum RequestBody {
    /// As hyper has it.
    Incoming(Incoming),
    /// As a middleware or a foreign server has it.
    Other(Body),
    Read(Bytes),
    /// A form that is no UTF-8, as it was sent and as a text.
    Latin1(Box<(Bytes, String)>),
    /// A multipart form, with its bytes where something reads those too.
    #[cfg(feature = "multipart")]
    Form(Box<(MultipartForm, Bytes)>),
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is larger than the limit of {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body did not arrive within {limit:?}")]
    TooSlow { limit: Duration },
    #[cfg(feature = "multipart")]
    #[error("the multipart body could not be read")]
    Multipart(#[from] MultipartError),
    #[error("the client has taken the request back")]
    TakenBack,
    #[error("the body could not be read")]
    Read(#[source] axum_core::BoxError),
}

impl BodyError {
    /// Whether the time was over: its own, or that of a stream under it, which the app's layers have passed on.
    pub(crate) fn is_too_slow(&self) -> bool {
        std::iter::successors(Some(self as &dyn std::error::Error), |error| error.source())
            .any(|error| matches!(error.downcast_ref(), Some(Self::TooSlow { .. })))
    }
}

static EMPTY: Bytes = Bytes::new();

impl RequestBody {
    /// As the own server has it.
    #[inline]
    pub(crate) fn received(body: Incoming, stream: Option<&Stream>) -> Self {
        if stream.is_some() && !body.is_end_stream() {
            return Self::Other(Body::new(Whole(body)));
        }
        Self::Incoming(body)
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        match self {
            Self::Read(bytes) => bytes,
            Self::Latin1(form) => &form.0,
            #[cfg(feature = "multipart")]
            Self::Form(form) => &form.1,
            Self::Incoming(_) | Self::Other(_) => &EMPTY,
        }
    }

    /// The body that has been read is a form (`application/x-www-form-urlencoded`). As in Starlette, what is no UTF-8 is Latin-1.
    pub(crate) fn read_as_form(&mut self) {
        if let Self::Read(bytes) = self
            && std::str::from_utf8(bytes).is_err()
        {
            let text = bytes.iter().copied().map(char::from).collect();
            *self = Self::Latin1(Box::new((std::mem::take(bytes), text)));
        }
    }

    /// The text of such a form.
    pub(crate) fn form(&self) -> &str {
        match self {
            Self::Latin1(form) => &form.1,
            body => std::str::from_utf8(body.bytes()).unwrap_or_default(),
        }
    }

    pub(crate) async fn read(
        &mut self,
        headers: &HeaderMap,
        limit: usize,
        time: Option<Duration>,
    ) -> Result<(), BodyError> {
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(BodyError::TooLarge { limit });
        }
        let bytes = match self {
            Self::Incoming(body) => collecting(body, limit, time).await?,
            Self::Other(body) => collecting(body, limit, time).await?,
            Self::Read(_) | Self::Latin1(_) => return Ok(()),
            #[cfg(feature = "multipart")]
            Self::Form(_) => return Ok(()),
        };
        *self = Self::Read(bytes);
        Ok(())
    }

    /// Reads a multipart form of this content type.
    #[cfg(feature = "multipart")]
    pub(crate) async fn read_form(
        &mut self,
        headers: &HeaderMap,
        content_type: &str,
        limits: FormLimits,
        time: Option<Duration>,
    ) -> Result<(), BodyError> {
        let limit = limits.whole;
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(BodyError::TooLarge { limit });
        }
        let (body, bytes) = match std::mem::replace(self, Self::Read(Bytes::new())) {
            // It is read already where something else reads all of it.
            Self::Read(bytes) => (Body::from(bytes.clone()), bytes),
            mut unread => (unread.take_stream(), Bytes::new()),
        };
        let parsing = upload::parse(body, content_type, limits);
        let form = match time {
            None => parsing.await?,
            Some(time) => match tokio::time::timeout(time, parsing).await {
                Ok(form) => form?,
                Err(_) => return Err(BodyError::TooSlow { limit: time }),
            },
        };
        *self = Self::Form(Box::new((form, bytes)));
        Ok(())
    }

    #[cfg(feature = "multipart")]
    pub(crate) fn multipart(&self) -> Option<&MultipartForm> {
        match self {
            Self::Form(form) => Some(&form.0),
            _ => None,
        }
    }

    /// The body as a stream, whose pieces may have so much time between them.
    pub(crate) fn take_timed_stream(&mut self, time: Option<Duration>) -> Body {
        let is_read = !matches!(self, Self::Incoming(_) | Self::Other(_));
        let body = self.take_stream();
        match time {
            Some(limit) if !is_read && !body.is_end_stream() => {
                Body::new(Limited { body, limit, timer: None })
            }
            _ => body,
        }
    }

    pub(crate) fn take_stream(&mut self) -> Body {
        match std::mem::replace(self, Self::Read(Bytes::new())) {
            Self::Incoming(body) => Body::new(body),
            Self::Other(body) => body,
            Self::Read(bytes) => Body::from(bytes),
            Self::Latin1(form) => Body::from(form.0),
            #[cfg(feature = "multipart")]
            Self::Form(form) => Body::from(form.1),
        }
    }
}

/// A body that breaks off when no piece of it comes for too long, while someone waits for it.
struct Limited {
    body: Body,
    limit: Duration,
    /// While someone waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        let Self { body, limit, timer } = &mut *self;
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            *timer = None;
            return Poll::Ready(frame);
        }
        let waited = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(*limit)));
        ready!(waited.as_mut().poll(context));
        Poll::Ready(Some(Err(axum_core::Error::new(BodyError::TooSlow { limit: *limit }))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body of HTTP/2 that breaks off when its client takes it back. Where the client gives no error for its reason, hyper takes what has
/// come for all of it.
struct Whole(Incoming);

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll_frame(context)) {
            None if !self.0.is_end_stream() => Some(Err(axum_core::Error::new(BodyError::TakenBack))),
            frame => frame.map(|frame| frame.map_err(axum_core::Error::new)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The content type, if it is that of a multipart form.
#[cfg(feature = "multipart")]
pub(crate) fn multipart_type(headers: &HeaderMap) -> Option<&str> {
    let (content_type, essence) = content_type(headers)?;
    essence.eq_ignore_ascii_case("multipart/form-data").then_some(content_type)
}

/// The content type, and what of it stands before its parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<(&str, &str)> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some((content_type, content_type.split(';').next()?.trim()))
}

/// A body while it is read. It stays where it is: each place that it were moved to would be part of every request's future.
struct Collecting<'a, B> {
    body: &'a mut B,
    limit: usize,
    time: Option<Duration>,
    /// Set when the body first makes one wait, which most do not: they have come with the head.
    timer: Option<Pin<Box<Sleep>>>,
    /// Most bodies come in one piece, which is kept as it is.
    first: Bytes,
    all: BytesMut,
}

fn collecting<B>(body: &mut B, limit: usize, time: Option<Duration>) -> Collecting<'_, B> {
    Collecting { body, limit, time, timer: None, first: Bytes::new(), all: BytesMut::new() }
}

impl<B> Collecting<'_, B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<axum_core::BoxError>,
{
    fn take(&mut self, piece: Bytes) -> Result<(), BodyError> {
        let limit = self.limit;
        if self.first.len().max(self.all.len()) + piece.len() > limit {
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

    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, BodyError>> {
        let Some(limit) = self.time else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        timer.as_mut().poll(context).map(|()| Err(BodyError::TooSlow { limit }))
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

/// What must happen once a reply has left.
#[derive(Default)]
pub(crate) struct After {
    /// None for most requests.
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

/// A server drops a reply's body when it has taken its last byte, or when nobody is left to take it; both release the batch.
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

/// Of a reply that may break off: whose it is, and how the request has ended then.
pub(crate) struct Breakable {
    route: Arc<str>,
    broke: Mutex<Option<Outcome>>,
}

impl Breakable {
    /// None for content that is all there.
    #[inline]
    pub(crate) fn of(content: &Content, route: impl FnOnce() -> Arc<str>) -> Option<Arc<Self>> {
        matches!(content, Either::Right(_))
            .then(|| Arc::new(Self { route: route(), broke: Mutex::default() }))
    }

    /// How the request has ended, if its reply broke off.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.broke.lock().take()
    }
}

/// What a path function replied with. axum's body is a box, which the replies that most functions give do without.
pub(crate) type Content = Either<Full<Bytes>, Body>;

/// Whether the reply of this status is its head alone.
pub(crate) fn never_has_content(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
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

/// What the layers and the server are told of it: they find the stream's own error as the source.
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

/// A body of any type. Where it panics, a server would lose the connection, and what of the reply was not written yet.
struct Foreign(Option<Body>);

impl Foreign {
    fn into_inner(mut self) -> Body {
        self.0.take().unwrap_or_default()
    }

    /// What it tells of itself; nothing where it panics instead.
    fn asked<T: Default>(&self, ask: impl FnOnce(&Body) -> T) -> T {
        caught_now(|| self.0.as_ref().map(ask).unwrap_or_default()).unwrap_or_else(|failure| {
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
        if let Some(body) = self.0.take() {
            drop_caught(body);
        }
    }
}

/// The body of a reply, with what must happen after it.
pub struct ReplyBody {
    content: Either<Full<Bytes>, Foreign>,
    /// Until it breaks off.
    breakable: Option<Arc<Breakable>>,
    /// The request's span: it ends with the reply, so before what follows begins.
    trace: Option<Box<Trace>>,
    after: After,
    /// The request's own, on HTTP/2: it is in flight until all of its reply was taken.
    stream: Option<Box<Stream>>,
}

/// The error without those that axum puts around it, which say nothing of their own.
fn unwrapped(error: axum_core::BoxError) -> axum_core::BoxError {
    match error.downcast::<axum_core::Error>() {
        Ok(around) => unwrapped(around.into_inner()),
        Err(error) => error,
    }
}

/// The error of a stream in words, and as the request's failure.
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
            Either::Right(body) => Either::Right(Foreign(Some(body))),
        };
        Self { content, breakable, after, trace: None, stream: None }
    }

    pub(crate) fn trace(&mut self, trace: Box<Trace>) {
        self.trace = Some(trace);
    }

    pub(crate) fn is_of(&mut self, mut stream: Box<Stream>) {
        stream.rests();
        self.stream = Some(stream);
    }

    /// The reply is its head alone.
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
        let Either::Right(Foreign(Some(body))) = &mut self.content else { return Poll::Ready(None) };
        match caught_now(|| Pin::new(body).poll_frame(context).map_err(told)) {
            Ok(polled) => polled.map_err(|(text, error)| self.failed(&text, error)),
            Err(failure) => {
                // It may panic again.
                self.leave_out();
                let text = failure.to_string();
                self.broke(&text, &failure);
                Poll::Ready(Some(Err(axum_core::Error::new(text))))
            }
        }
    }

    #[cold]
    fn failed(&mut self, text: &str, error: HttpError) -> axum_core::Error {
        self.broke(text, &error.clone().raise());
        axum_core::Error::new(BrokeOff(error))
    }

    fn broke(&mut self, error: &str, failure: &Failure) {
        // One that has passed the layers was told of below them.
        if let Some(breakable) = self.breakable.take() {
            tracing::error!(route = &*breakable.route, %error, "a reply broke off");
            *breakable.broke.lock() = Some(Outcome::of_failure(failure));
            self.after.discard();
        }
    }

    fn has_ended(&self) -> bool {
        self.rest() == 0
            && match &self.content {
                Either::Left(whole) => whole.is_end_stream(),
                Either::Right(body) => body.asked(Body::is_end_stream),
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

    /// For a middleware, to which every body is alike.
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
