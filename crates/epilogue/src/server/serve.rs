use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::Semaphore;

use super::connections::Connections;
use super::progress;
use super::signal::Signals;
use super::timer::FOR_EVER;
use crate::app::{App, Serving};
use crate::error::{Error, Result};
use crate::scope::{BoxFuture, caught, drop_caught};

/// Serves an [`App`] and ends it without losing anything. It speaks HTTP/1.1, and with the feature `http2` also
/// HTTP/2 (with prior knowledge).
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
/// On SIGTERM, SIGINT or [`Server::stop_when`] it stops accepting, closes idle connections, finishes the requests in
/// flight, runs every queued task, and then the exits of the app. What is not done at the end of the grace period
/// ([`TaskLimits::grace`](crate::TaskLimits)), or at a second signal, is cancelled. The log and the returned error
/// name it.
///
/// # Against bad clients
///
/// | | default |
/// | --- | --- |
/// | [`header_read_timeout`](Self::header_read_timeout): a head takes too long, or no further request comes | 30 s, then the connection is closed |
/// | [`body_read_timeout`](Self::body_read_timeout): a body takes too long | 60 s, then `408` |
/// | [`reply_write_timeout`](Self::reply_write_timeout): nothing of a reply is taken | 60 s, then the connection is closed; on HTTP/2, the stream is reset |
/// | [`App::body_limit`]: a body is too large | 2 MiB, then `413` |
/// | [`max_headers`](Self::max_headers): a head has too many headers (HTTP/1.1) | 100, then `431` |
/// | a head is too large (HTTP/1.1) | some 400 KiB, then `431` |
/// | [`max_header_bytes`](Self::max_header_bytes): the headers are too large (HTTP/2) | 16 KiB, then `431` |
/// | [`max_connections`](Self::max_connections) | 25,000; the next ones wait to be accepted |
/// | [`max_concurrent_streams`](Self::max_concurrent_streams): requests at once on a connection (HTTP/2) | 200, then the stream is refused |
/// | requests that an HTTP/2 client takes back before they were looked at ("rapid reset") | 20, then the connection is closed |
/// | an HTTP/2 client that answers no ping | asked every 60 s, closed after 20 s |
///
/// Requests that are run to their end although their client has left are bounded by
/// [`TaskLimits::pending`](crate::TaskLimits). So clients that come only to leave again cannot pile up work.
#[must_use = "it serves nothing until `serve` or `serve_on` is awaited"]
pub struct Server {
    app: App,
    limits: Limits,
    stops: Vec<BoxFuture<()>>,
}

/// Where an app can be served.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an address",
    label = "not an address",
    note = "write `\"127.0.0.1:8000\"`, or `(\"127.0.0.1\", 8000)` with a port of its own; a listener is served by `Server::new(app).serve_on(listener)`"
)]
#[doc(hidden)]
pub trait ServeAddress {
    fn listener(self) -> impl Future<Output = Result<TcpListener>> + Send;
}

#[diagnostic::do_not_recommend]
impl<A: ToSocketAddrs + fmt::Debug + Send> ServeAddress for A {
    async fn listener(self) -> Result<TcpListener> {
        let address = format!("{self:?}");
        TcpListener::bind(self).await.map_err(|source| Error::Bind { address, source })
    }
}

/// What clients may do.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) header_read_timeout: Duration,
    pub(super) body_read_timeout: Option<Duration>,
    pub(super) reply_write_timeout: Option<Duration>,
    /// `None` means hyper's own number, 100: any other costs an allocation per request.
    pub(super) max_headers: Option<usize>,
    #[cfg(feature = "http2")]
    pub(super) max_header_bytes: u32,
    pub(super) max_connections: usize,
    #[cfg(feature = "http2")]
    pub(super) max_concurrent_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(30),
            body_read_timeout: Some(Duration::from_mins(1)),
            reply_write_timeout: Some(Duration::from_mins(1)),
            max_headers: None,
            #[cfg(feature = "http2")]
            max_header_bytes: 16 * 1024,
            max_connections: 25_000,
            #[cfg(feature = "http2")]
            max_concurrent_streams: 200,
        }
    }
}

impl Server {
    /// A server with the defaults.
    pub fn new(app: App) -> Self {
        Self { app, limits: Limits::default(), stops: Vec::new() }
    }

    /// How long a client may take to send the head of a request, and how long a connection may be idle, before its
    /// first request and before each further one. An HTTP/2 connection may be without a request in flight for as
    /// long. Then the client is told to go, and has the same time again to do so.
    pub fn header_read_timeout(self, timeout: Duration) -> Self {
        self.with(|limits| limits.header_read_timeout = timeout.min(FOR_EVER))
    }

    /// How long a client may take to send the body of a request, from when it is read, and again for every 2 MiB that
    /// have come; `None` sets no limit. A body that is taken as a stream, by an `Extract` or a layer, may take any
    /// time in all. But if the next piece takes longer than this, the stream breaks off with an error.
    ///
    /// Once the server is stopping, the limit is a third of the grace period at most.
    pub fn body_read_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        let timeout = timeout.into();
        self.with(|limits| limits.body_read_timeout = timeout)
    }

    /// How long a client may take nothing at all of a reply, before the connection is closed; `None` sets no limit.
    /// The request's tasks then run, as they do when a client leaves. A client that reads slowly may take any time in
    /// all, and so may the app, whose reply may be silent for hours.
    ///
    /// On HTTP/2, a client has no room for more of a reply if it does not take it, while other requests of its
    /// connection go on. So the connection is closed only if the client takes nothing of all that is sent. If it takes
    /// less than a frame of one reply, of 16 KiB, in this time (at most twice this time if it has taken some before),
    /// the stream of that reply is reset.
    ///
    /// Once the server is stopping, a client may take nothing for a third of the grace period at most.
    pub fn reply_write_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        let timeout = timeout.into().map(|timeout| timeout.clamp(Duration::from_millis(1), FOR_EVER));
        self.with(|limits| limits.reply_write_timeout = timeout)
    }

    /// How many headers a request may have on HTTP/1.1.
    pub fn max_headers(self, headers: usize) -> Self {
        self.with(|limits| limits.max_headers = Some(headers))
    }

    /// How large the headers of a request may be on HTTP/2, all names and values together, with 32 bytes more for each.
    ///
    /// On HTTP/1.1 a head may have some 400 KiB. What heads take in all is bounded by
    /// [`max_connections`](Self::max_connections) and [`header_read_timeout`](Self::header_read_timeout).
    #[cfg(feature = "http2")]
    pub fn max_header_bytes(self, bytes: u32) -> Self {
        self.with(|limits| limits.max_header_bytes = bytes)
    }

    /// How many connections may be open at once. Further ones wait in the system's queue until one is closed.
    pub fn max_connections(self, connections: usize) -> Self {
        self.with(|limits| limits.max_connections = connections.clamp(1, Semaphore::MAX_PERMITS))
    }

    /// How many requests may be in flight at once on one HTTP/2 connection.
    #[cfg(feature = "http2")]
    pub fn max_concurrent_streams(self, streams: u32) -> Self {
        self.with(|limits| limits.max_concurrent_streams = streams)
    }

    fn with(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Also stops when this future completes or panics, in the same way as on a signal. Of several, the first to do so counts.
    pub fn stop_when(mut self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        let stop = async {
            if let Err(failure) = caught(stop).await {
                tracing::error!(?failure, "what `Server::stop_when` was given panicked");
            }
        };
        self.stops.push(Box::pin(stop));
        self
    }

    /// Binds an address and serves until it is stopped.
    ///
    /// # Errors
    ///
    /// See [`App::serve`].
    pub async fn serve(self, address: impl ServeAddress) -> Result<()> {
        let listener = address.listener().await?;
        self.serve_on(listener).await
    }

    /// Serves on a listener until it is stopped.
    ///
    /// # Errors
    ///
    /// See [`App::serve`].
    pub async fn serve_on(self, listener: TcpListener) -> Result<()> {
        self.boxed(listener).await
    }

    /// Boxed here, because a future's code is compiled where its type is first named: without the box, with each build of the app
    /// that serves.
    fn boxed(self, listener: TcpListener) -> BoxFuture<Result<()>> {
        Box::pin(async move {
            let app = self.app.clone();
            let result = self.run(listener).await;
            // What the app holds may panic when it is dropped, which does not change how it has ended.
            drop_caught(app);
            result
        })
    }

    async fn run(self, listener: TcpListener) -> Result<()> {
        let Self { app, limits, mut stops } = self;
        let mut signals = Signals::new().map_err(Error::Signals)?;
        let mut stop = poll_fn(|context| {
            let is_over = stops.iter_mut().any(|stop| stop.as_mut().poll(context).is_ready());
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        });
        let serving = app.begin_serving()?;
        let started = tokio::select! {
            biased;
            started = app.started() => started?.clone(),
            () = signals.next() => return stop_while_it_starts(&app, signals, serving).await,
            () = &mut stop => return stop_while_it_starts(&app, signals, serving).await,
        };
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "listening");
        }
        let connections = Connections::new(started.clone(), limits);
        tokio::select! {
            () = connections.accept(&listener) => {}
            () = signals.next() => {}
            () = &mut stop => {}
        }
        drop(listener);
        let grace = app.grace();
        tracing::info!(grace = ?grace, "stopping: requests in flight and queued tasks are finished");
        let left = || progress::Left::of(&started.state.runner, connections.len());
        progress::shown_beside(connections.end(grace, signals, serving), grace, left).await
    }
}

/// What is being built is built to its end, because only then can it be exited. The start belongs to all servers, so only the last one
/// waits for it or gives it up. A server that begins meanwhile shares it, and its end.
async fn stop_while_it_starts(app: &App, mut signals: Signals, serving: Serving) -> Result<()> {
    let grace = app.grace();
    tracing::info!(?grace, "stopping before the app has started");
    let Some(serving) = serving.if_last() else { return Ok(()) };
    let mut expiry = pin!(expiry(grace, &mut signals));
    let mut is_over = false;
    // It is polled again after it is over.
    let mut deadline = pin!(poll_fn(|context| {
        is_over = is_over || expiry.as_mut().poll(context).is_ready();
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    }));
    let started = app.started_until(deadline.as_mut()).await?;
    if serving.ends_app() { started.drain(deadline, 0).await } else { Ok(()) }
}

/// The end of the grace period, or a second signal.
pub(super) async fn expiry(grace: Duration, signals: &mut Signals) {
    tokio::select! {
        () = tokio::time::sleep(grace) => tracing::error!("the grace period is over"),
        () = signals.second() => tracing::error!("a second signal: what is unfinished is abandoned"),
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("limits", &self.limits).finish_non_exhaustive()
    }
}
