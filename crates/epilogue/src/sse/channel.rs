use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use super::Event;

/// How many events may wait for the client.
const CAPACITY: usize = 16;

pub(super) fn channel() -> (EventSender, EventStream) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (EventSender(sender), EventStream(receiver))
}

/// Sends the events of a reply, see [`Sse::channel`](crate::Sse::channel). Clones send to the same client; the reply ends when all are
/// gone.
///
/// ```
/// use epilogue::prelude::*;
///
/// async fn count(events: EventSender, to: u32) -> Result<(), SseClosed> {
///     for n in 1..=to {
///         events.send(Event::data(n.to_string())).await?;
///     }
///     Ok(())
/// }
///
/// #[get("/numbers")]
/// async fn numbers(to: Query<u32>) -> Sse<EventStream> {
///     let (events, reply) = Sse::channel();
///     tokio::spawn(count(events, *to));
///     reply
/// }
/// ```
#[derive(Debug, Clone)]
pub struct EventSender(mpsc::Sender<Event>);

impl EventSender {
    /// Sends an event, when there is room for it.
    ///
    /// # Errors
    ///
    /// When the reply is over: the client has left.
    pub async fn send(&self, event: Event) -> Result<(), SseClosed> {
        self.0.send(event).await.map_err(|_| SseClosed)
    }

    /// Waits until the reply is over, so that whatever makes its events can stop.
    ///
    /// ```
    /// use epilogue::prelude::*;
    /// use std::time::Duration;
    ///
    /// async fn next_quote() -> String {
    ///     tokio::time::sleep(Duration::from_secs(3600)).await;
    ///     "all is well".into()
    /// }
    ///
    /// #[get("/quotes")]
    /// async fn quotes() -> Sse<EventStream> {
    ///     let (events, reply) = Sse::channel();
    ///     tokio::spawn(async move {
    ///         loop {
    ///             let quote = tokio::select! {
    ///                 quote = next_quote() => quote,
    ///                 () = events.closed() => break,
    ///             };
    ///             if events.send(Event::data(quote)).await.is_err() {
    ///                 break;
    ///             }
    ///         }
    ///     });
    ///     reply
    /// }
    /// ```
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    /// Whether the reply is over.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// What an [`EventSender`] sent, as the stream of a reply: `Sse<EventStream>` is what a path function returns.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/hello")]
/// async fn hello() -> Sse<EventStream> {
///     let (events, reply) = Sse::channel();
///     tokio::spawn(async move { events.send(Event::data("hello")).await });
///     reply
/// }
/// ```
#[derive(Debug)]
pub struct EventStream(mpsc::Receiver<Event>);

impl Stream for EventStream {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// An event was not sent because the reply is over: the client has left.
///
/// ```
/// use epilogue::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (events, reply) = Sse::channel();
/// drop(reply);
/// let closed: SseClosed = events.send(Event::data("hello")).await.unwrap_err();
/// assert_eq!(closed.to_string(), "the reply is over: the client has left");
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply is over: the client has left")]
#[non_exhaustive]
pub struct SseClosed;
