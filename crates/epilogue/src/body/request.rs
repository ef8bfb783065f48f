use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use http::{Extensions, HeaderMap};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::BodyTime;
use super::collecting::collecting;
use super::headers::announced;
#[cfg(feature = "multipart")]
use super::time::STRETCH;
use crate::scope::{caught_now, drop_caught};
use crate::server::{Link, Stream};
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
    #[cfg(feature = "multipart")]
    Form(Box<ReadForm>),
}

/// A multipart form that was read.
#[cfg(feature = "multipart")]
pub(crate) struct ReadForm {
    form: MultipartForm,
    /// As it was sent, if something reads that too.
    bytes: Bytes,
    /// Its end may come after that of the form.
    body: Body,
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

    /// Marks the reply as [`Early`] if the body may not have been read to its end, and tells the connection.
    #[inline]
    pub(crate) fn mark_if_unread<B>(&self, reply: &mut http::Response<B>, link: Option<&Link>) {
        let has_come_to_its_end = match self {
            Self::Incoming(body) => body.is_end_stream(),
            Self::Other(body) => says_that_it_has_ended(body),
            #[cfg(feature = "multipart")]
            Self::Form(read) => says_that_it_has_ended(&read.body),
            Self::Taken => false,
            Self::Read(_) | Self::Latin1(_) => true,
        };
        if !has_come_to_its_end {
            mark_early(reply.extensions_mut(), link);
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
            Self::Form(read) => &read.bytes,
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
            mut unread => (time.by_stretches(unread.take_stream(), STRETCH), Bytes::new()),
        };
        let form = upload::parse(&mut body, content_type, limits).await?;
        *self = Self::Form(Box::new(ReadForm { form, bytes, body }));
        Ok(())
    }

    #[cfg(feature = "multipart")]
    pub(crate) fn multipart(&self) -> Option<&MultipartForm> {
        match self {
            Self::Form(read) => Some(&read.form),
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
        // Each piece, however small.
        time.by_stretches(body, 1)
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
            Self::Form(read) => Body::from(read.bytes),
        }
    }
}

/// A layer may have put any body around the request's own, and that may panic.
pub(super) fn says_that_it_has_ended(body: &Body) -> bool {
    caught_now(|| body.is_end_stream()).unwrap_or(false)
}

/// Marks a reply that was made before the request's body had ended. It is an extension of the reply, since it is rare and a field
/// would make every reply larger.
#[derive(Clone)]
pub(crate) struct Early;

#[cold]
fn mark_early(extensions: &mut Extensions, link: Option<&Link>) {
    if let Some(connection) = link.and_then(Link::connection) {
        connection.leaves_unread();
    }
    extensions.insert(Early);
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
