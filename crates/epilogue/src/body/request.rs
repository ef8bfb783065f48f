use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_core::body::Body;
use bytes::{Bytes, BytesMut};
use http::{Extensions, HeaderMap};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::sleep;

use super::headers::announced;
use crate::app::AppState;
use crate::scope::{BoxFuture, drop_caught};
use crate::server::{Connection, Stream, longest_wait};
#[cfg(feature = "multipart")]
use crate::upload::{self, FormLimits, MultipartError, MultipartForm};

/// A request's body: unread, or read once and kept.
pub(crate) enum RequestBody {
    /// As it comes from hyper, on HTTP/1.
    Incoming(Incoming),
    /// As it comes from HTTP/2, a middleware or another server.
    Other(Body),
    /// Somebody reads it as a stream, or has given up on it.
    Taken,
    Read(Bytes),
    /// A form that is not UTF-8, both as it was sent and as text.
    Latin1(Box<(Bytes, String)>),
    /// A multipart form, with its bytes if something reads those too, and with the body, whose end may come after that of the form.
    #[cfg(feature = "multipart")]
    Form(Box<(MultipartForm, Bytes, Body)>),
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
    /// Whether it took too long: the body itself, or a stream under it that the app's layers have passed on.
    pub(crate) fn is_too_slow(&self) -> bool {
        std::iter::successors(Some(self as &dyn std::error::Error), |error| error.source())
            .any(|error| matches!(error.downcast_ref(), Some(Self::TooSlow { .. })))
    }
}

static EMPTY: Bytes = Bytes::new();

impl RequestBody {
    /// As it comes from our own server.
    #[inline]
    pub(crate) fn received(body: Incoming, stream: Option<&Stream>) -> Self {
        match stream {
            None => Self::Incoming(body),
            // Let go at once: a stream of h2 that outlives its connection may panic when it is dropped, in a debug build.
            Some(_) if body.is_end_stream() => Self::Read(Bytes::new()),
            Some(_) => Self::Other(Body::new(Whole(body))),
        }
    }

    /// Marks the reply as [`Early`] if the body may not have been read to its end.
    #[inline]
    pub(crate) fn mark_if_unread<B>(&self, reply: &mut http::Response<B>) {
        let has_come_to_its_end = match self {
            Self::Incoming(body) => body.is_end_stream(),
            Self::Other(body) => body.is_end_stream(),
            #[cfg(feature = "multipart")]
            Self::Form(form) => form.2.is_end_stream(),
            Self::Taken => false,
            Self::Read(_) | Self::Latin1(_) => true,
        };
        if !has_come_to_its_end {
            mark_early(reply.extensions_mut());
        }
    }

    /// Drops a body that may be of any type, and so may panic.
    #[inline]
    pub(crate) fn let_go(&mut self) {
        if !matches!(self, Self::Incoming(_) | Self::Read(_)) {
            drop_caught(std::mem::replace(self, Self::Taken));
        }
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        match self {
            Self::Read(bytes) => bytes,
            Self::Latin1(form) => &form.0,
            #[cfg(feature = "multipart")]
            Self::Form(form) => &form.1,
            Self::Incoming(_) | Self::Other(_) | Self::Taken => &EMPTY,
        }
    }

    /// Notes that the body, which has been read, is a form (`application/x-www-form-urlencoded`). As in Starlette, what is not
    /// UTF-8 is Latin-1.
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
        time: BodyTime<'_>,
    ) -> Result<(), BodyError> {
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(BodyError::TooLarge { limit });
        }
        let bytes = match self {
            Self::Incoming(body) => collecting(body, limit, time).await?,
            Self::Other(body) => collecting(body, limit, time).await?,
            Self::Read(_) | Self::Latin1(_) | Self::Taken => return Ok(()),
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
        time: BodyTime<'_>,
    ) -> Result<(), BodyError> {
        let limit = limits.whole;
        if announced(headers).is_some_and(|length| length > limit as u64) {
            return Err(BodyError::TooLarge { limit });
        }
        let (mut body, bytes) = match std::mem::replace(self, Self::Taken) {
            // It has been read already if something else reads all of it.
            Self::Read(bytes) => (Body::from(bytes.clone()), bytes),
            mut unread => (time.between_pieces(unread.take_stream(), None), Bytes::new()),
        };
        let parsing = upload::parse(&mut body, content_type, limits);
        let form = match time.limit() {
            None => parsing.await?,
            Some(limit) => match tokio::time::timeout(limit, parsing).await {
                Ok(form) => form?,
                Err(_) => return Err(BodyError::TooSlow { limit }),
            },
        };
        *self = Self::Form(Box::new((form, bytes, body)));
        Ok(())
    }

    #[cfg(feature = "multipart")]
    pub(crate) fn multipart(&self) -> Option<&MultipartForm> {
        match self {
            Self::Form(form) => Some(&form.0),
            _ => None,
        }
    }

    /// The body as a stream that allows only so much time between two pieces.
    pub(crate) fn take_timed_stream(&mut self, time: BodyTime<'_>) -> Body {
        let is_read = !matches!(self, Self::Incoming(_) | Self::Other(_));
        let body = self.take_stream();
        if is_read || body.is_end_stream() {
            return body;
        }
        *self = Self::Taken;
        time.between_pieces(body, time.limit())
    }

    pub(crate) fn take_stream(&mut self) -> Body {
        match std::mem::replace(self, Self::Read(Bytes::new())) {
            // Of nothing, a box takes no memory.
            Self::Incoming(body) if body.is_end_stream() => Body::empty(),
            Self::Incoming(body) => Body::new(body),
            Self::Other(body) => body,
            Self::Taken => Body::empty(),
            Self::Read(bytes) => Body::from(bytes),
            Self::Latin1(form) => Body::from(form.0),
            #[cfg(feature = "multipart")]
            Self::Form(form) => Body::from(form.1),
        }
    }
}

/// An extension of a reply that was made before the request's body had come to its end. It is rare, and would make every reply larger.
#[derive(Clone)]
pub(crate) struct Early;

#[cold]
fn mark_early(extensions: &mut Extensions) {
    extensions.insert(Early);
}

/// What says how long a client of our own server may take to send a body.
#[derive(Clone, Copy)]
pub(crate) struct BodyTime<'a> {
    pub(crate) app: &'a Arc<AppState>,
    /// `None` under another server.
    pub(crate) connection: Option<&'a Connection>,
}

impl BodyTime<'_> {
    fn limit(self) -> Option<Duration> {
        self.connection?.body_read_timeout
    }

    /// A body of which the next piece must come within this time, and once the server stops, within less.
    fn between_pieces(self, body: Body, limit: Option<Duration>) -> Body {
        if self.connection.is_none() || body.is_end_stream() {
            return body;
        }
        Body::new(Limited { body: Some(body), limit, app: Arc::clone(self.app), timer: None })
    }
}

/// Waits until a client has had its time, and returns how much that was. From the moment that the server stops there is no more than for any
/// other client that does nothing.
fn over(limit: Option<Duration>, app: Arc<AppState>) -> BoxFuture<Duration> {
    Box::pin(async move {
        let limit = limit.unwrap_or(Duration::MAX);
        let most = longest_wait(app.runner.limits().grace);
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
    /// `None` once it has broken off: whoever goes on in spite of the error comes to its end.
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
            let over = timer.get_or_insert_with(|| over(*limit, Arc::clone(app)));
            let limit = ready!(over.as_mut().poll(context));
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

/// An HTTP/2 body that breaks off when its client takes it back. If the client gives "no error" as its reason, hyper takes what
/// has come for the whole body.
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

/// A body while it is read. It is borrowed and not moved: each place that it moved to would be part of every request's future.
struct Collecting<'a, B> {
    body: &'a mut B,
    limit: usize,
    time: BodyTime<'a>,
    /// Set when the body is first waited for. Most are not: they have come with the head.
    timer: Option<BoxFuture<Duration>>,
    /// Most bodies come in one piece, which is kept as it is.
    first: Bytes,
    all: BytesMut,
}

fn collecting<'a, B>(body: &'a mut B, limit: usize, time: BodyTime<'a>) -> Collecting<'a, B> {
    Collecting { body, limit, time, timer: None, first: Bytes::new(), all: BytesMut::new() }
}

impl<B> Collecting<'_, B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<axum_core::BoxError>,
{
    fn take(&mut self, piece: Bytes) -> Result<(), BodyError> {
        let limit = self.limit;
        if self.timer.is_some() && self.time.app.stopping.is_cancelled() {
            // What counts from the stop on is that something comes.
            self.timer = None;
        }
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
        let BodyTime { app, connection: Some(_) } = self.time else { return Poll::Pending };
        let limit = self.time.limit();
        let timer = self.timer.get_or_insert_with(|| over(limit, Arc::clone(app)));
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
