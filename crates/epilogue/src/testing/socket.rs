use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::io::DuplexStream;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::{TestResponse, TestStream};
use crate::scope::protocol_of;
use crate::websocket::{Close, Driver, WebSocket};

/// The WebSocket of a [`TestRequest`](super::TestRequest), as the client holds it: it sends and receives as [`WebSocket`] does.
///
/// Dropping it is a client that leaves without a word.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::testing::TestClient;
///
/// async fn log(line: String) {
///     println!("{line}");
/// }
///
/// #[websocket("/echo")]
/// async fn echo(mut socket: WebSocket, tasks: &BackgroundTasks) -> Result<(), HttpError> {
///     while let Some(text) = socket.recv_text().await {
///         socket.send_text(text?).await?;
///     }
///     tasks.add_task(log, (String::from("a client has left"),));
///     Ok(())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = TestClient::new(App::new().routes(routes![echo]));
/// let mut socket = client.get("/echo").connect().await.unwrap();
/// socket.send_text("hello").await.unwrap();
/// assert_eq!(socket.recv_text().await.unwrap().unwrap(), "hello");
///
/// let response = socket.finished().await;
/// assert_eq!(response.tasks().len(), 1);
///
/// // What is wrong with the request is an ordinary reply.
/// let refused = client.get("/nowhere").connect().await.unwrap_err();
/// assert_eq!(refused.status(), StatusCode::NOT_FOUND);
/// # });
/// ```
#[derive(Debug)]
pub struct TestWebSocket {
    socket: WebSocket,
    reply: TestStream,
    driver: AbortOnDropHandle<()>,
    ended: oneshot::Sender<Close>,
}

impl TestWebSocket {
    pub(super) async fn open(pipe: DuplexStream, reply: TestStream) -> Self {
        let (driver, socket) = Driver::new(pipe, Role::Client, usize::MAX).await;
        let (ended, client_ended) = oneshot::channel();
        let driver = tokio::spawn(driver.run(client_ended, CancellationToken::new(), Duration::ZERO));
        Self {
            socket: socket.speaking(protocol_of(reply.headers())),
            reply,
            driver: AbortOnDropHandle::new(driver),
            ended,
        }
    }

    /// The status of the reply, which is `101`.
    pub fn status(&self) -> StatusCode {
        self.reply.status()
    }

    /// The headers of the reply.
    pub fn headers(&self) -> &HeaderMap {
        self.reply.headers()
    }

    /// Closes the WebSocket, with 1000 where it is open still, and waits for the function, the request's tasks and its exits.
    pub async fn finished(self) -> TestResponse {
        let Self { socket, reply, driver, ended } = self;
        // Nobody reads any more; whatever the function still sends must not hold it up.
        drop(socket);
        // It may be closed already.
        drop(ended.send(Close::normal()));
        // Only a panic could have ended it otherwise, and that shows as messages that do not come.
        drop(driver.await);
        reply.finished().await
    }
}

impl Deref for TestWebSocket {
    type Target = WebSocket;

    fn deref(&self) -> &WebSocket {
        &self.socket
    }
}

impl DerefMut for TestWebSocket {
    fn deref_mut(&mut self) -> &mut WebSocket {
        &mut self.socket
    }
}

/// The server's end of the pipe, carried in the extensions of a request.
#[derive(Debug, Clone)]
pub(crate) struct TestSocket(Arc<Mutex<Option<DuplexStream>>>);

impl TestSocket {
    /// How much may be on its way before a sender waits: as little as on a slow network.
    const PIPE: usize = 64 * 1024;

    pub(super) fn new() -> (Self, DuplexStream) {
        let (server, client) = tokio::io::duplex(Self::PIPE);
        (Self(Arc::new(Mutex::new(Some(server)))), client)
    }

    /// Works only once: a request is upgraded by one route.
    pub(crate) fn take(&self) -> Option<DuplexStream> {
        self.0.lock().take()
    }
}
