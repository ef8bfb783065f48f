//! What carries messages between a function and the client, and also pings and the close.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_util::sync::CancellationToken;

use super::close::Close;
use super::{Item, Message, WAITING, WebSocket, WebSocketError};

/// How often a client is asked whether it is still there. If nothing comes from it for twice as long, it is gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long a client may take to read a message.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);
/// How long it may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Far less than the default: every client has one, and most of them say little.
const READ_BUFFER: usize = 8 * 1024;

/// How many bytes of messages may wait for the function, unless it is a single message. Otherwise a function that does not receive could
/// be made to keep sixteen of the largest ones.
const ROOM: u32 = 64 * 1024;

/// What stands between the two ends of a WebSocket: a [`WebSocket`] and the network.
pub(crate) struct Driver<S> {
    stream: WebSocketStream<S>,
    limit: usize,
    incoming: mpsc::Sender<Item>,
    outgoing: mpsc::Receiver<Item>,
}

/// What the reading side lets the writing side know.
#[derive(Default)]
struct Signs {
    /// Something has come since the last ping.
    heard: AtomicBool,
    /// The function does not take what has come, so nothing is read.
    held_up: AtomicBool,
}

impl Signs {
    /// Waits for the function to take what has come.
    async fn hold_up<T>(&self, wait: impl Future<Output = T>) -> T {
        // The writing side looks at this only when the reading side has to wait.
        self.held_up.store(true, Ordering::Relaxed);
        let output = wait.await;
        self.held_up.store(false, Ordering::Relaxed);
        output
    }
}

/// Why the conversation is over.
enum End {
    /// The client has closed it, has left, or does not read.
    Gone,
    /// The client has done something that it may not do, and is to be told so.
    Refused(Close),
    /// It has been closed from here, which the client may yet answer.
    Closed,
}

/// The client has left, or does not read.
struct Gone;

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    pub(crate) async fn new(io: S, role: Role, limit: usize) -> (Self, WebSocket) {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let stream = WebSocketStream::from_raw_socket(io, role, Some(config)).await;
        let (incoming, received) = mpsc::channel(WAITING);
        let (sender, outgoing) = mpsc::channel(WAITING);
        (Self { stream, limit, incoming, outgoing }, WebSocket::new(sender, received))
    }

    /// Carries messages until the WebSocket is closed: by the client, by the function, or because the server stops; after a stop for
    /// `longest_wait` at most.
    pub(crate) async fn run(
        self,
        function_ended: oneshot::Receiver<Close>,
        stopping: CancellationToken,
        longest_wait: Duration,
    ) {
        let late = async {
            stopping.cancelled().await;
            sleep(longest_wait).await;
        };
        tokio::select! {
            biased;
            () = self.drive(function_ended, &stopping) => {}
            () = late => tracing::debug!("the client of a WebSocket is not waited for any longer, since the server stops"),
        }
    }

    async fn drive(self, function_ended: oneshot::Receiver<Close>, stopping: &CancellationToken) {
        let Self { stream, limit, incoming, outgoing } = self;
        let (sink, stream) = stream.split();
        let signs = Signs::default();
        // The stream answers a ping in a buffer without a bound. So after a ping little is read until the answer has gone.
        let (pinged, answers) = mpsc::channel(1);
        let mut reading = pin!(read(stream, limit, incoming, pinged, &signs));
        let mut writer = Writer { sink, outgoing, answers, function_ended, signs: &signs, said: None };
        let end = tokio::select! {
            biased;
            end = &mut reading => end,
            end = writer.run(stopping) => end,
        };
        let Writer { mut sink, mut outgoing, .. } = writer;
        // Whoever sends from here on is told that it is over.
        outgoing.close();
        match end {
            End::Gone => {}
            End::Refused(close) => {
                // The client may not be listening, and need not be told anything more.
                drop(timeout(CLOSE_TIMEOUT, sink.send(close.into_frame())).await);
            }
            End::Closed => drop(timeout(CLOSE_TIMEOUT, reading).await),
        }
    }
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: SplitStream<WebSocketStream<S>>,
    limit: usize,
    incoming: mpsc::Sender<Item>,
    pinged: mpsc::Sender<()>,
    signs: &Signs,
) -> End {
    let all_room = Arc::new(Semaphore::new(ROOM as usize));
    let room = async |bytes: usize| {
        let bytes = u32::try_from(bytes).map_or(ROOM, |bytes| bytes.min(ROOM));
        signs.hold_up(Arc::clone(&all_room).acquire_many_owned(bytes)).await.ok()
    };
    // A function that no longer listens is told nothing; the close must still be read.
    let deliver = async |item| drop(signs.hold_up(incoming.send(item)).await);
    while let Some(frame) = stream.next().await {
        signs.heard.store(true, Ordering::Relaxed);
        let item = match frame {
            Ok(Frame::Text(text)) => {
                let room = room(text.len()).await;
                Item::Message { message: Message::Text(text.as_str().to_owned()), _room: room }
            }
            Ok(Frame::Binary(bytes)) => {
                let room = room(bytes.len()).await;
                Item::Message { message: Message::Binary(bytes), _room: room }
            }
            // The stream goes on until its own close has been sent in reply.
            Ok(Frame::Close(close)) => Item::Close(Close::of_frame(close)),
            // It is answered by the stream itself. After the close, when nothing more is written, it is not.
            Ok(Frame::Ping(_)) => {
                let _ = pinged.send(()).await;
                continue;
            }
            Ok(Frame::Pong(_) | Frame::Frame(_)) => continue,
            Err(error) => {
                let Some((error, code)) = mistake(error, limit) else { break };
                deliver(Item::Error(error)).await;
                return End::Refused(Close::new(code, ""));
            }
        };
        deliver(item).await;
    }
    End::Gone
}

/// What a client has done that it may not do, and how the WebSocket is closed then; `None` if it has just left.
fn mistake(error: Error, limit: usize) -> Option<(WebSocketError, CloseCode)> {
    match error {
        Error::Capacity(_) => Some((WebSocketError::TooLarge(limit), CloseCode::Size)),
        Error::Utf8(error) => Some((WebSocketError::Protocol(error), CloseCode::Invalid)),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(error) => Some((WebSocketError::Protocol(error.to_string()), CloseCode::Protocol)),
        error => {
            tracing::debug!(%error, "the client of a WebSocket has left");
            None
        }
    }
}

/// The side that writes.
struct Writer<'a, S> {
    sink: SplitSink<WebSocketStream<S>, Frame>,
    outgoing: mpsc::Receiver<Item>,
    answers: mpsc::Receiver<()>,
    function_ended: oneshot::Receiver<Close>,
    signs: &'a Signs,
    /// How the function itself has closed it, if it has.
    said: Option<Close>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Writer<'_, S> {
    async fn run(&mut self, stopping: &CancellationToken) -> End {
        let closed = async {
            let close = self.send_until_closed(stopping).await?;
            self.send_close(close).await
        };
        closed.await.map_or_else(|Gone| End::Gone, |()| End::Closed)
    }

    /// Sends what there is to send, until the WebSocket is to be closed: in this way, unless the function says how.
    async fn send_until_closed(&mut self, stopping: &CancellationToken) -> Result<Close, Gone> {
        let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopped = pin!(stopping.cancelled());
        let (mut asked, mut can_send) = (false, true);
        loop {
            let frame = tokio::select! {
                biased;
                () = &mut stopped => return Ok(Close::new(CloseCode::Away, "the server stops")),
                // Before what is sent: others may have a sender too, and never stop.
                ended = &mut self.function_ended => return Ok(ended.unwrap_or_else(|_| Close::normal())),
                Some(()) = self.answers.recv() => {
                    in_time(self.sink.flush()).await?;
                    continue;
                }
                item = self.outgoing.recv(), if can_send => match item {
                    Some(Item::Message { message, .. }) => frame_of(message),
                    Some(Item::Close(close)) => {
                        self.said = Some(close);
                        return Ok(Close::normal());
                    }
                    Some(Item::Error(_)) | None => {
                        // The function has dropped its sender, but may still receive.
                        can_send = false;
                        continue;
                    }
                },
                _ = pings.tick() => {
                    let heard = self.signs.heard.swap(false, Ordering::Relaxed);
                    if asked && !heard && !self.signs.held_up.load(Ordering::Relaxed) {
                        tracing::debug!("the client of a WebSocket answers no ping");
                        return Err(Gone);
                    }
                    asked = true;
                    Frame::Ping(bytes::Bytes::new())
                }
            };
            in_time(self.sink.send(frame)).await?;
        }
    }

    /// Closes it. What was sent until now goes out first, and a close among it counts.
    async fn send_close(&mut self, close: Close) -> Result<(), Gone> {
        // Whoever has a place but has not sent is not waited for.
        self.outgoing.close();
        while let Ok(item) = self.outgoing.try_recv() {
            match item {
                Item::Message { message, .. } => in_time(self.sink.send(frame_of(message))).await?,
                Item::Close(said) => _ = self.said.get_or_insert(said),
                Item::Error(_) => {}
            }
        }
        let close = self.said.take().unwrap_or(close);
        in_time(self.sink.send(close.into_frame())).await
    }
}

fn frame_of(message: Message) -> Frame {
    match message {
        Message::Text(text) => Frame::text(text),
        Message::Binary(bytes) => Frame::binary(bytes),
    }
}

/// Waits until the client has taken what is written.
async fn in_time(writing: impl Future<Output = Result<(), Error>>) -> Result<(), Gone> {
    match timeout(SEND_TIMEOUT, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the client of a WebSocket has left");
            Err(Gone)
        }
        Err(_) => {
            tracing::debug!("the client of a WebSocket does not read");
            Err(Gone)
        }
    }
}
