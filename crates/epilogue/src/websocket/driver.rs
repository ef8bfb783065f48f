//! What carries messages between a function and the client, and also pings and the close.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_util::sync::CancellationToken;

use super::close::Close;
use super::{Message, Step, WAITING, WebSocket, WebSocketError};

/// How often a client is asked whether it is still there. If nothing comes from it for twice as long, it is gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long a client may take to read a message.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);
/// How long it may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Far less than the default: every client has one, and most of them say little.
const READ_BUFFER: usize = 8 * 1024;

/// What stands between the two ends of a WebSocket: a [`WebSocket`] and the network.
pub(crate) struct Driver<S> {
    stream: WebSocketStream<S>,
    limit: usize,
    incoming: mpsc::Sender<Step>,
    outgoing: mpsc::Receiver<Step>,
}

/// What the reading side lets the writing side know.
#[derive(Default)]
struct Signs {
    /// Something has come since the last ping.
    heard: AtomicBool,
    /// The function does not take what has come, so nothing is read.
    held_up: AtomicBool,
}

/// Why nothing comes from the client any more.
enum ReadEnd {
    Closed,
    /// It did something that it may not do.
    Refused(Close),
}

/// Why nothing goes to the client any more.
enum WriteEnd {
    CloseSent,
    Gone,
}

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
        let Self { stream, limit, incoming, mut outgoing } = self;
        let (mut sink, stream) = stream.split();
        let signs = Signs::default();
        // The stream answers a ping in a buffer without a bound. So after a ping little is read until the answer has gone.
        let (pinged, answers) = mpsc::channel(1);
        let mut reading = pin!(read(stream, limit, incoming, pinged, &signs));
        let ended = {
            let mut writing =
                pin!(write(&mut sink, &mut outgoing, answers, function_ended, stopping, &signs));
            tokio::select! {
                biased;
                end = &mut reading => Ok(end),
                end = &mut writing => Err(end),
            }
        };
        // Whoever sends from here on is told that it is over.
        outgoing.close();
        match ended {
            Ok(ReadEnd::Closed) | Err(WriteEnd::Gone) => {}
            Ok(ReadEnd::Refused(close)) => {
                // The client may not be listening, and need not be told anything more.
                drop(timeout(CLOSE_TIMEOUT, sink.send(close.into_frame())).await);
            }
            Err(WriteEnd::CloseSent) => drop(timeout(CLOSE_TIMEOUT, reading).await),
        }
    }
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: SplitStream<WebSocketStream<S>>,
    limit: usize,
    incoming: mpsc::Sender<Step>,
    pinged: mpsc::Sender<()>,
    signs: &Signs,
) -> ReadEnd {
    let deliver = async |step| {
        if let Err(mpsc::error::TrySendError::Full(step)) = incoming.try_send(step) {
            signs.held_up.store(true, Ordering::Relaxed);
            // A function that no longer listens is told nothing; the close must still be read.
            drop(incoming.send(step).await);
            signs.held_up.store(false, Ordering::Relaxed);
        }
    };
    while let Some(frame) = stream.next().await {
        signs.heard.store(true, Ordering::Relaxed);
        let step = match frame {
            Ok(Frame::Text(text)) => Step::Message(Message::Text(text.as_str().to_owned())),
            Ok(Frame::Binary(bytes)) => Step::Message(Message::Binary(bytes)),
            // The stream goes on until its own close has been sent in reply.
            Ok(Frame::Close(close)) => Step::Close(Close::of_frame(close)),
            // It is answered by the stream itself. After the close, when nothing more is written, it is not.
            Ok(Frame::Ping(_)) => {
                let _ = pinged.send(()).await;
                continue;
            }
            Ok(Frame::Pong(_) | Frame::Frame(_)) => continue,
            Err(error) => {
                let Some((error, code)) = mistake(error, limit) else { break };
                deliver(Step::Error(error)).await;
                return ReadEnd::Refused(Close::new(code, ""));
            }
        };
        deliver(step).await;
    }
    ReadEnd::Closed
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

async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    sink: &mut SplitSink<WebSocketStream<S>, Frame>,
    outgoing: &mut mpsc::Receiver<Step>,
    mut answers: mpsc::Receiver<()>,
    mut function_ended: oneshot::Receiver<Close>,
    stopping: &CancellationToken,
    signs: &Signs,
) -> WriteEnd {
    let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = pin!(stopping.cancelled());
    let (mut asked, mut can_send) = (false, true);
    // Whether the function itself has closed it.
    let mut is_said = false;
    let mut close = loop {
        let frame = tokio::select! {
            biased;
            () = &mut stopped => break Close::new(CloseCode::Away, "the server stops"),
            // Before what is sent: others may have a sender too, and never stop.
            ended = &mut function_ended => break ended.unwrap_or_else(|_| Close::normal()),
            Some(()) = answers.recv() => {
                if !in_time(sink.flush()).await {
                    return WriteEnd::Gone;
                }
                continue;
            }
            step = outgoing.recv(), if can_send => match step {
                Some(Step::Message(message)) => frame_of(message),
                Some(Step::Close(close)) => {
                    is_said = true;
                    break close;
                }
                Some(Step::Error(_)) | None => {
                    // The function has dropped its sender, but may still receive.
                    can_send = false;
                    continue;
                }
            },
            _ = pings.tick() => {
                let heard = signs.heard.swap(false, Ordering::Relaxed);
                if asked && !heard && !signs.held_up.load(Ordering::Relaxed) {
                    tracing::debug!("the client of a WebSocket answers no ping");
                    return WriteEnd::Gone;
                }
                asked = true;
                Frame::Ping(bytes::Bytes::new())
            }
        };
        if !in_time(sink.send(frame)).await {
            return WriteEnd::Gone;
        }
    };
    // What was sent until now goes out first, and a close among it counts. Whoever has a place but has not sent is not waited for.
    outgoing.close();
    while let Ok(step) = outgoing.try_recv() {
        match step {
            Step::Message(message) => {
                if !in_time(sink.send(frame_of(message))).await {
                    return WriteEnd::Gone;
                }
            }
            Step::Close(said) if !is_said => (close, is_said) = (said, true),
            Step::Close(_) | Step::Error(_) => {}
        }
    }
    if in_time(sink.send(close.into_frame())).await { WriteEnd::CloseSent } else { WriteEnd::Gone }
}

fn frame_of(message: Message) -> Frame {
    match message {
        Message::Text(text) => Frame::text(text),
        Message::Binary(bytes) => Frame::binary(bytes),
    }
}

/// Returns whether the client has taken what is written.
async fn in_time(writing: impl Future<Output = Result<(), Error>>) -> bool {
    match timeout(SEND_TIMEOUT, writing).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the client of a WebSocket has left");
            false
        }
        Err(_) => {
            tracing::debug!("the client of a WebSocket does not read");
            false
        }
    }
}
