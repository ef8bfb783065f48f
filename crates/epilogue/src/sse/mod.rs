//! Server-sent events: a reply that goes on, as specified by the WHATWG's HTML standard.

mod channel;
mod event;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_core::BoxError;
use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderName, header};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep};

pub use channel::{EventSender, EventStream, SseClosed};
pub use event::Event;

/// How long a stream may be silent: proxies commonly give up after 60 seconds, or 30.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Server-sent events as a reply: a stream of [`Event`]s, which a browser receives with an `EventSource`.
///
/// The events come from any [`Stream`] of `Result<Event, E>`, or through a [channel](Sse::channel). An error of the
/// stream breaks the reply off. After 15 seconds without an event, or the time that [`keep_alive`](Self::keep_alive)
/// sets, a comment is sent. It makes proxies keep the connection, and lets the server notice a client that has left.
///
/// The request's tasks and the exits of its dependencies run when the stream has ended, or the client has left.
///
/// ```
/// use epilogue::prelude::*;
/// use std::time::Duration;
///
/// #[get("/countdown")]
/// async fn countdown() -> Sse<EventStream> {
///     let (events, reply) = Sse::channel();
///     tokio::spawn(async move {
///         for left in (0..=3).rev() {
///             // An error says that the client has left.
///             events.send(Event::data(left.to_string()).event("tick")).await?;
///             tokio::time::sleep(Duration::from_millis(10)).await;
///         }
///         Ok::<_, SseClosed>(())
///     });
///     reply
/// }
///
/// # use epilogue::testing::TestClient;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = TestClient::new(App::new().routes(routes![countdown]));
/// let reply = client.get("/countdown").send().await;
/// assert_eq!(reply.header("content-type"), Some("text/event-stream"));
/// assert!(reply.text().starts_with("event: tick\ndata: 3\n\nevent: tick\ndata: 2\n\n"));
/// # });
/// ```
#[doc(alias = "EventSourceResponse")]
#[must_use = "it is a reply: return it"]
pub struct Sse<S> {
    /// An `S`. Whether it is a stream of events is checked when it is put in here, and not again when the reply is returned.
    events: Pin<Box<dyn Events + Send>>,
    keep_alive: Option<Duration>,
    made_of: PhantomData<fn() -> S>,
}

/// What an [`Sse`] is made of.
#[diagnostic::on_unimplemented(
    message = "an `Sse` is made of a stream of `Result<Event, E>`, and `{Self}` is not one",
    label = "not a stream of `Result<Event, E>`",
    note = "write `.map(Ok::<_, Infallible>)` after a stream of events that does not fail, or send what is no stream through `Sse::channel()`"
)]
#[doc(hidden)]
pub trait Events {
    fn poll_event(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Event, BoxError>>>;
}

#[diagnostic::do_not_recommend]
impl<S, E> Events for S
where
    S: Stream<Item = Result<Event, E>>,
    E: Into<BoxError>,
{
    fn poll_event(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Event, BoxError>>> {
        self.poll_next(context).map(|event| event.map(|event| event.map_err(Into::into)))
    }
}

impl<S> Sse<S> {
    /// A reply of these events.
    pub fn new(events: S) -> Self
    where
        S: Events + Send + 'static,
    {
        Self { events: Box::pin(events), keep_alive: Some(KEEP_ALIVE), made_of: PhantomData }
    }

    /// Sends a comment whenever there was no event for this long; `None` never does.
    pub fn keep_alive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.keep_alive = after.into();
        self
    }
}

impl Sse<EventStream> {
    /// A reply with a sender of its events. The reply ends when the sender and all its clones are gone.
    ///
    /// The sender waits if the client reads slowly: at most 16 events are on their way.
    pub fn channel() -> (EventSender, Self) {
        let (sender, events) = channel::channel();
        (sender, Self::new(events))
    }
}

impl<S> fmt::Debug for Sse<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse").field("keep_alive", &self.keep_alive).finish_non_exhaustive()
    }
}

impl<S> IntoResponse for Sse<S> {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/event-stream"),
            (header::CACHE_CONTROL, "no-cache"),
            // nginx, among others, collects a reply before passing it on, unless told not to.
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ];
        let body = EventBody { events: self.events, keep_alive: self.keep_alive, silence: None };
        (headers, Body::new(body)).into_response()
    }
}

struct EventBody {
    events: Pin<Box<dyn Events + Send>>,
    keep_alive: Option<Duration>,
    /// Runs from when something was last sent; made when the stream is first silent.
    silence: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for EventBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let sent = match self.events.as_mut().poll_event(context) {
            Poll::Ready(Some(Ok(event))) => event,
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {
                let Some(after) = self.keep_alive else { return Poll::Pending };
                let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(after)));
                std::task::ready!(silence.as_mut().poll(context));
                Event::comment("")
            }
        };
        if let (Some(after), Some(silence)) = (self.keep_alive, &mut self.silence)
            && let Some(next) = Instant::now().checked_add(after)
        {
            silence.as_mut().reset(next);
        }
        Poll::Ready(Some(Ok(Frame::data(sent.into_bytes()))))
    }
}
