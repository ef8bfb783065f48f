//! What the end-to-end tests share: an app on a socket of its own, and clients that can misbehave.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use epilogue::testing::TestRequest;
use epilogue::{App, Server};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

/// An app that serves on a port that the system has chosen.
#[derive(Debug)]
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<epilogue::Result<()>>,
}

impl Served {
    /// Starts serving.
    ///
    /// # Panics
    ///
    /// When the system has no port left.
    pub async fn new(app: App) -> Self {
        Self::with(app, |server| server).await
    }

    /// Starts serving with other limits.
    ///
    /// # Panics
    ///
    /// When the system has no port left.
    pub async fn with(app: App, change: impl FnOnce(Server) -> Server) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("a port of the system"), app, change)
    }

    /// Starts serving on the test's own listener.
    ///
    /// # Panics
    ///
    /// When the listener has no address.
    pub fn on(listener: TcpListener, app: App, change: impl FnOnce(Server) -> Server) -> Self {
        let address = listener.local_addr().expect("a bound socket has an address");
        let (stop, stopped) = oneshot::channel();
        let server = change(Server::new(app)).stop_when(async move { drop(stopped.await) });
        Self { address, stop, running: tokio::spawn(server.serve_on(listener)) }
    }

    /// Stops the server as a signal does, and returns what serving it returned.
    ///
    /// # Panics
    ///
    /// When the server panicked.
    pub async fn stop(self) -> epilogue::Result<()> {
        drop(self.stop);
        self.running.await.expect("the server does not panic")
    }

    /// A connection of bare bytes.
    ///
    /// # Panics
    ///
    /// When the server does not accept it.
    pub async fn connect(&self) -> Raw {
        Raw(TcpStream::connect(self.address).await.expect("the server accepts"))
    }

    /// An HTTP/1 connection.
    ///
    /// # Panics
    ///
    /// When the server does not accept it.
    pub async fn http1(&self) -> hyper::client::conn::http1::SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await.expect("the server accepts"));
        let (client, connection) = hyper::client::conn::http1::handshake(stream).await.expect("a handshake");
        tokio::spawn(connection);
        client
    }

    /// An HTTP/2 connection.
    ///
    /// # Panics
    ///
    /// When the server does not accept it.
    pub async fn http2(&self) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await.expect("the server accepts"));
        let (client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("a handshake");
        tokio::spawn(connection);
        client
    }

    /// An HTTP/2 connection whose client has room for a reply's head, but for nothing of its body.
    ///
    /// # Panics
    ///
    /// When the server does not accept it.
    pub async fn http2_without_room(&self) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await.expect("the server accepts"));
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(0);
        let (client, connection) = builder.handshake(stream).await.expect("a handshake");
        tokio::spawn(connection);
        client
    }

    /// One request on a connection of its own: the status, the headers and the whole body.
    ///
    /// # Panics
    ///
    /// When the server does not answer it.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Response<String> {
        let mut client = self.http1().await;
        let response = client.send_request(request).await.expect("a reply");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Response::from_parts(parts, String::from_utf8_lossy(&body).into_owned())
    }

    /// A GET request on a connection of its own.
    ///
    /// # Panics
    ///
    /// When the server does not answer it.
    pub async fn get(&self, path: &str) -> Response<String> {
        self.send(request("GET", path)).await
    }
}

/// A socket of which the kernel takes little at a time, and holds little that was not read.
///
/// # Panics
///
/// When the system does not allow it.
pub fn narrow_socket() -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_send_buffer_size(16 * 1024).expect("a socket option");
    socket.set_recv_buffer_size(16 * 1024).expect("a socket option");
    socket
}

/// A listener whose connections are such sockets.
///
/// # Panics
///
/// When the system has no port left.
pub fn narrow_listener() -> TcpListener {
    let socket = narrow_socket();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port of the system");
    socket.listen(8).expect("a listener")
}

/// A request without a body.
///
/// # Panics
///
/// When the method or the path is not valid.
pub fn request(method: &str, path: &str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .body(Full::default())
        .expect("a method and a path")
}

/// What an HTTP/2 client begins with: its preface and its settings.
pub const HTTP2: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}";

/// The HTTP/2 frame that begins a request, a GET or a POST.
///
/// # Panics
///
/// When the path is long.
pub fn head(stream: u32, method: Method, path: &str, flags: u8) -> Vec<u8> {
    let method = if method == Method::GET { 0x82 } else { 0x83 };
    // :method and :scheme http by their indexes, :authority and :path as literals (RFC 7541, appendix A).
    let mut head = vec![method, 0x86, 0x01, 9];
    head.extend(b"localhost");
    head.extend([0x04, u8::try_from(path.len()).expect("a short path")]);
    head.extend(path.as_bytes());
    frame(0x1, flags, stream, &head)
}

/// An HTTP/2 frame.
///
/// # Panics
///
/// When it is long.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 0, u8::try_from(payload.len()).expect("a short frame"), kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// What an HTTP/2 client begins with if a reply's body has room for this much, and all of them together have room for everything.
pub fn http2_with_room(window: u32) -> Vec<u8> {
    let mut begin = HTTP2.as_bytes()[..24].to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE, and a WINDOW_UPDATE of the connection.
    begin.extend(frame(0x4, 0, 0, &[[0, 4].as_slice(), &window.to_be_bytes()].concat()));
    begin.extend(more_room(0, 0x1000_0000));
    begin
}

/// The HTTP/2 frame by which a client has room for more: a WINDOW_UPDATE.
///
/// # Panics
///
/// Never: the frame is short.
pub fn more_room(stream: u32, bytes: u32) -> Vec<u8> {
    frame(0x8, 0, stream, &bytes.to_be_bytes())
}

/// An HTTP/2 frame that was read.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its flags: the first bit of a frame of data means that it is the last.
    pub flags: u8,
    /// Its stream.
    pub stream: u32,
    /// The length of what is in it.
    pub length: usize,
}

/// The HTTP/2 frames in these bytes, the last of which may be there in part.
pub fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let [a, b, c, kind, flags, s, t, r, m, ..] = *bytes {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        frames.push(Frame { kind, flags, stream: u32::from_be_bytes([s, t, r, m]), length });
        bytes = bytes.get(9 + length..).unwrap_or_default();
    }
    frames
}

/// A connection of bare bytes.
#[derive(Debug)]
pub struct Raw(pub TcpStream);

impl Raw {
    /// Sends bytes.
    ///
    /// # Panics
    ///
    /// When the connection is closed.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.expect("the server reads");
    }

    /// Reads at least `count` bytes, and returns how many were read.
    ///
    /// # Panics
    ///
    /// When the connection ends before.
    pub async fn read_at_least(&mut self, count: usize) -> usize {
        let mut buffer = vec![0; 64 * 1024];
        let mut total = 0;
        while total < count {
            let read = self.0.read(&mut buffer).await.expect("the server writes");
            assert_ne!(read, 0, "the connection ended after {total} of {count} bytes");
            total += read;
        }
        total
    }

    /// Reads what is there, or comes next.
    ///
    /// # Panics
    ///
    /// When the connection ends.
    pub async fn read_more(&mut self, bytes: &mut Vec<u8>) {
        bytes.reserve(16 * 1024);
        assert_ne!(self.0.read_buf(bytes).await.expect("the server writes"), 0, "the connection ended");
    }

    /// Reads to the end of the connection.
    ///
    /// # Panics
    ///
    /// When the connection breaks.
    pub async fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).await.expect("the connection ends");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Closes the connection by a reset, so that the server's next write fails.
    ///
    /// # Panics
    ///
    /// When the system does not allow it.
    pub fn reset(self) {
        self.0.set_zero_linger().expect("a socket option");
    }
}

/// Lets everything run that is ready to, in a test on one thread. What has not happened after this waits for an event.
pub async fn settle() {
    // Each turn runs what the turn before has woken. No chain of wake-ups in a test is nearly this long.
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// The clock of a test on one thread. It stands still except when the test lets time pass, so nothing is too late, however slow the
/// machine is. When time passes, it passes quickly: what another thread does at the same time may be too late then.
#[derive(Debug)]
pub struct Clock {
    /// Ends what runs on the blocking pool.
    _end: std::sync::mpsc::Sender<()>,
}

impl Clock {
    /// Stops the clock.
    pub fn stopped() -> Self {
        tokio::time::pause();
        // While something runs on the blocking pool, tokio does not move a paused clock on by itself. Otherwise it would whenever
        // nothing is ready, although the kernel may just be about to deliver something.
        let (end, ended) = std::sync::mpsc::channel();
        tokio::task::spawn_blocking(move || ended.recv());
        Self { _end: end }
    }

    /// Lets this time pass.
    pub async fn passes(&self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        self.passes_until(tokio::time::sleep_until(end)).await;
    }

    /// Lets time pass until something has happened.
    pub async fn passes_until<T>(&self, event: impl Future<Output = T>) -> T {
        let mut event = pin!(event);
        loop {
            tokio::select! {
                biased;
                output = &mut event => return output,
                () = settle() => tokio::time::advance(Duration::from_millis(10)).await,
            }
        }
    }
}

/// Keeps panics on purpose, which nobody wants to read, out of the output: those whose message begins with one of these texts.
pub fn hide_panics(on_purpose: &'static [&'static str]) {
    static HIDDEN: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    static ONCE: Once = Once::new();
    let hidden = || HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    hidden().extend(on_purpose);
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let message = panic.payload_as_str().unwrap_or_default();
            if !hidden().iter().any(|beginning| message.starts_with(beginning)) {
                tell(panic);
            }
        }));
    });
}

/// Passes to a layer what the test's thread logs, until the guard is dropped.
pub fn logs_to(layer: impl Layer<Registry> + Send + Sync) -> DefaultGuard {
    // Every thread has a subscriber, which wants nothing. Otherwise `tracing` may ask a thread without one whether anybody wants an event,
    // and leave it out on all others.
    static ONCE: Once = Once::new();
    let nothing = || Registry::default().with(LevelFilter::OFF);
    ONCE.call_once(|| drop(tracing::subscriber::set_global_default(nothing())));
    tracing::subscriber::set_default(Registry::default().with(layer))
}

/// A journal that tasks write and a test reads, in order.
#[derive(Debug, Clone)]
pub struct Journal(mpsc::UnboundedSender<String>);

/// The test's end of a [`Journal`].
#[derive(Debug)]
pub struct Entries(mpsc::UnboundedReceiver<String>);

impl Journal {
    /// An empty journal.
    pub fn new() -> (Self, Entries) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), Entries(receiver))
    }

    /// Writes a line.
    pub fn write(&self, line: impl Into<String>) {
        // A test that has read enough may have ended.
        let _ = self.0.send(line.into());
    }
}

impl Entries {
    /// Waits for the next line.
    ///
    /// # Panics
    ///
    /// When nobody is left to write one.
    pub async fn next(&mut self) -> String {
        self.0.recv().await.expect("the app holds the journal")
    }

    /// Waits for this many lines.
    pub async fn take(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            lines.push(self.next().await);
        }
        lines
    }

    /// Waits until nobody is left to write, and returns whether nothing was written in the meantime.
    pub async fn is_over(&mut self) -> bool {
        self.0.recv().await.is_none()
    }

    /// What has been written and not yet read.
    pub fn now(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

/// Numbers that are the same in every run: xorshift, seeded.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Those of a seed, which is not zero.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one, below a limit.
    ///
    /// # Panics
    ///
    /// When the limit is zero.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("it is below a `usize`")
    }
}

/// A gate that the test opens.
#[derive(Debug, Clone)]
pub struct Gate(Arc<tokio::sync::Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(tokio::sync::Semaphore::new(0)))
    }
}

impl Gate {
    /// Waits until the gate is open.
    ///
    /// # Panics
    ///
    /// Never: the semaphore is not closed.
    pub async fn pass(&self) {
        self.0.acquire().await.expect("the semaphore is never closed").forget();
        self.0.add_permits(1);
    }

    /// Opens it for ever.
    pub fn open(&self) {
        self.0.add_permits(1);
    }
}

/// Sends a request that is invalid, and returns the type and place of each error.
///
/// # Panics
///
/// If the reply is not a `422`.
pub async fn errors(request: TestRequest<'_>) -> Vec<Value> {
    let response = request.send().await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{}", response.text());
    let errors: Value = response.json();
    let errors = errors["detail"].as_array().expect("a list of errors").iter();
    errors.map(|error| json!([error["type"], error["loc"]])).collect()
}
