//! WebSockets: what a function under `#[websocket]` holds, and what drives it.

mod close;
mod driver;
mod error;
mod returned;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

pub(crate) use close::Close;
pub(crate) use driver::Driver;
pub use error::WebSocketError;
pub use returned::SocketReturn;

use crate::param::{Readable, Writable};

/// What a client and a function under [`#[websocket]`](macro@crate::websocket) say to each other.
///
/// Pings are answered by the library, and a close is the end of [`WebSocket::recv`].
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::{Message, WebSocketError};
///
/// #[websocket("/echo")]
/// async fn echo(mut socket: WebSocket) -> Result<(), WebSocketError> {
///     while let Some(message) = socket.recv().await {
///         match message? {
///             Message::Text(text) => socket.send_text(text.to_uppercase()).await?,
///             bytes => socket.send(bytes).await?,
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

/// Types that are sent as a text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "not a text",
    note = "write `text?` for one that was received, which may be an error; a value is sent by `send_json`"
)]
#[doc(hidden)]
pub trait SentText {
    fn into_text(self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Into<String>> SentText for T {
    fn into_text(self) -> String {
        self.into()
    }
}

/// What one end hands to the other.
#[derive(Debug)]
pub(crate) enum Item {
    Message {
        message: Message,
        /// What a client's message takes up of what may wait, until the function receives it.
        _room: Option<OwnedSemaphorePermit>,
    },
    Close(Close),
    Error(WebSocketError),
}

/// How many messages may wait, each way.
const WAITING: usize = 16;

/// The open WebSocket of a function under [`#[websocket]`](macro@crate::websocket).
///
/// ```
/// use epilogue::prelude::*;
///
/// #[websocket("/echo")]
/// async fn echo(mut socket: WebSocket) -> Result<(), HttpError> {
///     while let Some(text) = socket.recv_text().await {
///         socket.send_text(text?).await?;
///     }
///     Ok(())
/// }
///
/// // A unit test holds the client's end of a pair.
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (mut client, socket) = WebSocket::pair();
/// client.send_text("hello").await.unwrap();
/// client.close(1000, "").await.unwrap();
/// echo(socket).await.unwrap();
/// assert_eq!(client.recv_text().await.unwrap().unwrap(), "hello");
/// # });
/// ```
///
/// It is closed when the function has returned, whether or not this is dropped: with 1000, or with 1011 where the function returned an
/// error or panicked.
#[derive(Debug)]
pub struct WebSocket {
    sender: WebSocketSender,
    receiver: WebSocketReceiver,
    protocol: Option<String>,
}

/// The half of a [`WebSocket`] that sends. A clone sends to the same client.
///
/// ```
/// use epilogue::WebSocketError;
/// use epilogue::prelude::*;
/// use std::time::Duration;
///
/// #[websocket("/clock")]
/// async fn clock(socket: WebSocket) -> Result<(), WebSocketError> {
///     let (sender, mut receiver) = socket.split();
///     let ticks = async {
///         loop {
///             tokio::time::sleep(Duration::from_secs(1)).await;
///             sender.send_text("tick").await?;
///         }
///     };
///     tokio::select! {
///         ended = ticks => ended,
///         _ = receiver.recv() => Ok(()), // the client has spoken or left
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct WebSocketSender(mpsc::Sender<Item>);

/// The half of a [`WebSocket`] that receives.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::{WebSocketError, WebSocketReceiver};
///
/// /// The code with which the client closes the socket, in the end.
/// async fn until_closed(receiver: &mut WebSocketReceiver) -> Result<Option<u16>, WebSocketError> {
///     while let Some(text) = receiver.recv_text().await {
///         println!("{}", text?);
///     }
///     Ok(receiver.close_code())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (client, socket) = WebSocket::pair();
/// client.close(1001, "another page").await.unwrap();
/// let (_sender, mut receiver) = socket.split();
/// assert_eq!(until_closed(&mut receiver).await.unwrap(), Some(1001));
/// # });
/// ```
#[derive(Debug)]
pub struct WebSocketReceiver {
    items: mpsc::Receiver<Item>,
    close_code: Option<u16>,
}

impl WebSocket {
    /// Two ends of one WebSocket without a network: for the unit test of a function, which plays the client.
    pub fn pair() -> (Self, Self) {
        let ((to_first, first), (to_second, second)) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        (Self::new(to_second, first), Self::new(to_first, second))
    }

    pub(crate) fn new(sender: mpsc::Sender<Item>, items: mpsc::Receiver<Item>) -> Self {
        let receiver = WebSocketReceiver { items, close_code: None };
        Self { sender: WebSocketSender(sender), receiver, protocol: None }
    }

    pub(crate) fn speaking(mut self, protocol: Option<String>) -> Self {
        self.protocol = protocol;
        self
    }

    /// The subprotocol that was agreed on: see `protocols(…)` of [`#[websocket]`](macro@crate::websocket).
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The next message; `None` when the client has closed the WebSocket, or has left without a word. In a `select!` no message is lost.
    ///
    /// # Errors
    ///
    /// When the client sends a message that is larger than [`App::body_limit`](crate::App::body_limit), or breaks the protocol. The
    /// WebSocket is closed then.
    pub async fn recv(&mut self) -> Option<Result<Message, WebSocketError>> {
        self.receiver.recv().await
    }

    /// The next message, which is a text.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv); and when the message is bytes.
    pub async fn recv_text(&mut self) -> Option<Result<String, WebSocketError>> {
        self.receiver.recv_text().await
    }

    /// The next message, which is JSON, as a text or as bytes.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv); and when the message is not the JSON of a `T`.
    pub async fn recv_json<T: Readable>(&mut self) -> Option<Result<T, WebSocketError>> {
        self.receiver.recv_json().await
    }

    /// Sends a message. Waits if many are already on their way to a client that reads slowly.
    ///
    /// # Errors
    ///
    /// When the WebSocket is closed. A function that passes this error on counts as having returned: a client that leaves is not a failure.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        self.sender.send(message).await
    }

    /// Sends a text.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    pub async fn send_text(&self, text: impl SentText) -> Result<(), WebSocketError> {
        self.sender.send_text(text).await
    }

    /// Sends a value as JSON, in a text.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); and when the value cannot be serialised.
    pub async fn send_json(&self, value: &(impl Writable + ?Sized)) -> Result<(), WebSocketError> {
        self.sender.send_json(value).await
    }

    /// Closes the WebSocket once everything that was sent before has left. [`recv`](Self::recv) still gives what the client sends until it
    /// answers. Only the first 123 bytes of a reason are sent.
    ///
    /// # Errors
    ///
    /// When it is closed already, or when the code is not one of those that may be sent (RFC 6455, section 7.4): 1000 to 1003, 1007 to 1013
    /// and 3000 to 4999.
    pub async fn close(&self, code: u16, reason: impl Into<String>) -> Result<(), WebSocketError> {
        self.sender.close(code, reason).await
    }

    /// The code with which the client closed the WebSocket, once [`recv`](Self::recv) has given `None`; `None` if it just left.
    pub fn close_code(&self) -> Option<u16> {
        self.receiver.close_code()
    }

    /// The two halves, for two futures of the function.
    pub fn split(self) -> (WebSocketSender, WebSocketReceiver) {
        (self.sender, self.receiver)
    }
}

impl WebSocketSender {
    /// See [`WebSocket::send`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        self.hand_over(Item::Message { message: message.into(), _room: None }).await
    }

    /// See [`WebSocket::send_text`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn send_text(&self, text: impl SentText) -> Result<(), WebSocketError> {
        self.send(text.into_text()).await
    }

    /// See [`WebSocket::send_json`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn send_json(&self, value: &(impl Writable + ?Sized)) -> Result<(), WebSocketError> {
        self.send(value.to_json().map_err(WebSocketError::Encode)?).await
    }

    /// See [`WebSocket::close`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn close(&self, code: u16, reason: impl Into<String>) -> Result<(), WebSocketError> {
        self.hand_over(Item::Close(Close::checked(code, reason)?)).await
    }

    async fn hand_over(&self, item: Item) -> Result<(), WebSocketError> {
        self.0.send(item).await.map_err(|_| WebSocketError::Closed)
    }
}

impl WebSocketReceiver {
    /// See [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn recv(&mut self) -> Option<Result<Message, WebSocketError>> {
        match self.items.recv().await? {
            Item::Message { message, .. } => Some(Ok(message)),
            Item::Error(error) => Some(Err(error)),
            Item::Close(close) => {
                self.close_code = Some(close.code);
                self.items.close();
                None
            }
        }
    }

    /// See [`WebSocket::recv_text`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn recv_text(&mut self) -> Option<Result<String, WebSocketError>> {
        Some(match self.recv().await? {
            Ok(Message::Text(text)) => Ok(text),
            Ok(Message::Binary(_)) => Err(WebSocketError::NotText),
            Err(error) => Err(error),
        })
    }

    /// See [`WebSocket::recv_json`].
    ///
    /// # Errors
    ///
    /// As for that method.
    pub async fn recv_json<T: Readable>(&mut self) -> Option<Result<T, WebSocketError>> {
        Some(self.recv().await?.and_then(|message| {
            let json = match &message {
                Message::Text(text) => text.as_bytes(),
                Message::Binary(bytes) => bytes,
            };
            T::from_json(json).map_err(WebSocketError::Decode)
        }))
    }

    /// See [`WebSocket::close_code`].
    pub fn close_code(&self) -> Option<u16> {
        self.close_code
    }
}
