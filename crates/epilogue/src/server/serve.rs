use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::io::ConnectionIo;
use super::signal;
use crate::app::{App, ReplyFuture, Started};
use crate::error::{Error, Result};

/// Serves an [`App`] over HTTP/1.1 and HTTP/2 (with prior knowledge), and ends it without losing anything.
///
/// [`App::serve`] is the short form. This one takes a listener, other limits, and other reasons to stop:
///
/// ```no_run
/// use epilogue::prelude::*;
/// use epilogue::Server;
/// use std::time::Duration;
///
/// # async fn run(app: App) -> epilogue::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// println!("listening on {}", listener.local_addr()?);
/// Server::new(app).header_read_timeout(Duration::from_secs(5)).serve_on(listener).await
/// # }
/// ```
///
/// On SIGTERM, SIGINT or [`Server::stop_when`] it stops accepting, closes idle connections, finishes the requests in flight, runs every
/// task that is queued, then the exits of the app. What is not done at the end of the grace period
/// ([`TaskLimits::grace`](crate::TaskLimits)), or at a second signal, is cancelled, named in the log and in the error that is returned.
pub struct Server {
    app: App,
    header_read_timeout: Duration,
    stop: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Server {
    /// A server with the defaults: a request's head must arrive within 30 seconds.
    pub fn new(app: App) -> Self {
        Self { app, header_read_timeout: Duration::from_secs(30), stop: None }
    }

    /// How long a client may take to send the head of a request.
    pub fn header_read_timeout(self, timeout: Duration) -> Self {
        Self { header_read_timeout: timeout, ..self }
    }

    /// Stops when this future ends, as it does on a signal.
    pub fn stop_when(self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { stop: Some(Box::pin(stop)), ..self }
    }

    /// Binds an address and serves until it is stopped.
    ///
    /// # Errors
    ///
    /// See [`App::serve`].
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<()> {
        let listener = TcpListener::bind(address).await.map_err(Error::Bind)?;
        self.serve_on(listener).await
    }

    /// Serves on a listener until it is stopped.
    ///
    /// # Errors
    ///
    /// See [`App::serve`].
    pub async fn serve_on(self, listener: TcpListener) -> Result<()> {
        let started = self.app.started().await?.clone();
        let mut signals = signal::Signals::new().map_err(Error::Signals)?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "listening");
        }
        let connections = Connections {
            started: started.clone(),
            builder: Arc::new(builder(self.header_read_timeout)),
            tracker: TaskTracker::new(),
            finish: CancellationToken::new(),
            abandon: CancellationToken::new(),
        };
        let mut stop = self.stop.unwrap_or_else(|| Box::pin(std::future::pending()));
        tokio::select! {
            () = connections.accept(&listener) => {}
            () = signals.next() => {}
            () = &mut stop => {}
        }
        drop(listener);
        let grace = self.app.grace();
        tracing::info!(grace = ?grace, "stopping: requests in flight and queued tasks are finished");
        let mut deadline = pin!(async {
            tokio::select! {
                () = tokio::time::sleep(grace) => tracing::error!("the grace period is over"),
                () = signals.next() => tracing::error!("a second signal: what is unfinished is abandoned"),
            }
        });
        let expired = connections.finish(deadline.as_mut()).await;
        if expired { started.drain(std::future::ready(())).await } else { started.drain(deadline).await }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("header_read_timeout", &self.header_read_timeout)
            .finish_non_exhaustive()
    }
}

fn builder(header_read_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_read_timeout);
    builder.http2().timer(TokioTimer::new());
    builder
}

/// The connections of a server, every one of which is answered for.
struct Connections {
    started: Started,
    builder: Arc<Builder<TokioExecutor>>,
    tracker: TaskTracker,
    /// They finish the requests in flight and end.
    finish: CancellationToken,
    /// They end at once.
    abandon: CancellationToken,
}

impl Connections {
    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, client)) => self.serve(stream, client),
                // The client has gone again; the next one may be there already.
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    // Most likely out of file descriptors: connections that end will free some.
                    tracing::error!(%error, "no connection could be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, client: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::trace!(%error, "TCP_NODELAY was not set");
        }
        let connection = Arc::new(Connection::new(client, self.started.state.runner.clone()));
        let io = ConnectionIo::new(TokioIo::new(stream), Arc::clone(&connection));
        let service = ConnectionService { started: self.started.clone(), connection };
        let (builder, finish, abandon) =
            (Arc::clone(&self.builder), self.finish.clone(), self.abandon.clone());
        self.tracker.spawn(async move {
            let mut serving = pin!(builder.serve_connection(io, service));
            let mut finishing = false;
            let result = loop {
                tokio::select! {
                    biased;
                    () = abandon.cancelled() => return,
                    () = finish.cancelled(), if !finishing => {
                        finishing = true;
                        serving.as_mut().graceful_shutdown();
                    }
                    result = serving.as_mut() => break result,
                }
            };
            if let Err(error) = result {
                // Clients that leave and clients that speak no HTTP are no failure of the server.
                tracing::debug!(%client, %error, "a connection ended with an error");
            }
        });
    }

    /// Lets all connections end; tells whether the deadline came first.
    async fn finish(&self, deadline: Pin<&mut impl Future<Output = ()>>) -> bool {
        self.finish.cancel();
        self.tracker.close();
        let expired = tokio::select! {
            () = self.tracker.wait() => false,
            () = deadline => true,
        };
        self.abandon.cancel();
        self.tracker.wait().await;
        expired
    }
}

fn is_of_one_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// The app as hyper calls it, for one connection.
struct ConnectionService {
    started: Started,
    connection: Arc<Connection>,
}

impl hyper::service::Service<Request<Incoming>> for ConnectionService {
    type Response = http::Response<crate::body::ReplyBody>;
    type Error = Infallible;
    type Future = ReplyFuture;

    fn call(&self, request: Request<Incoming>) -> ReplyFuture {
        self.started.serve(request, &self.connection)
    }
}
