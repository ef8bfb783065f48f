use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::io::ConnectionIo;
use super::protocols::protocols;
use super::serve::{Limits, expiry};
use super::signal::Signals;
use super::stop::Stop;
use super::timer::ConnectionTimer;
use crate::app::{Deadline, ReplyFuture, Serving, Started};
use crate::error::{Error, Result};
use crate::tasks::{DrainReport, with_causes};

/// How long connections that were told to end at once may take to do it.
const STUCK_AFTER: Duration = Duration::from_millis(500);

/// The connections of a server, each of which is accounted for.
pub(super) struct Connections {
    started: Started,
    limits: Limits,
    /// Places for more connections.
    free: Arc<Semaphore>,
    tracker: TaskTracker,
    /// The requests in flight on HTTP/2.
    streams: TaskTracker,
    /// Tells connections to finish the requests in flight, then end.
    finish: Stop,
    /// Tells connections to end at once.
    abandon: Stop,
    /// How many did so.
    cut_off: Arc<AtomicUsize>,
}

impl Connections {
    pub(super) fn new(started: Started, limits: Limits) -> Self {
        Self {
            started,
            free: Arc::new(Semaphore::new(limits.max_connections)),
            limits,
            tracker: TaskTracker::new(),
            streams: TaskTracker::new(),
            finish: Stop::default(),
            abandon: Stop::default(),
            cut_off: Arc::default(),
        }
    }

    pub(super) async fn accept(&self, listener: &TcpListener) {
        loop {
            let place = Arc::clone(&self.free).acquire_owned().await.expect("the semaphore is never closed");
            match listener.accept().await {
                Ok((stream, client)) => self.serve(stream, client, place),
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

    fn serve(&self, stream: TcpStream, client: SocketAddr, place: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::trace!(%error, "TCP_NODELAY was not set");
        }
        let mut timer =
            ConnectionTimer::new(self.limits.header_read_timeout, self.limits.reply_write_timeout);
        let connection = Arc::new(Connection::new(client, self.limits.body_read_timeout, timer.wait()));
        let io = ConnectionIo::new(stream, Arc::clone(&connection), place);
        let service =
            ConnectionService { started: self.started.for_connection(), connection: Arc::clone(&connection) };
        let mut protocols = protocols(&self.limits, &self.streams, &connection, &service.started.state);
        protocols.http1().timer(timer.for_hyper());
        let (finish, mut abandon) = (self.finish.given(), self.abandon.given());
        let cut_off = Arc::clone(&self.cut_off);
        let longest_wait = self.started.state.longest_wait();
        self.tracker.spawn(async move {
            let mut serving = pin!(protocols.serve(io, service));
            let mut finish = pin!(async {
                finish.await;
                // Until the runtime has looked at the sockets: a request that has come is answered.
                tokio::task::yield_now().await;
            });
            let (mut finishing, mut told_to_go) = (false, false);
            let result = loop {
                let silent = poll_fn(|context| timer.poll_expired(context));
                let turn = poll_fn(|context| {
                    let polled = serving.as_mut().poll(context);
                    if polled.is_pending() {
                        connection.turn_ended(context);
                    }
                    polled
                });
                tokio::select! {
                    biased;
                    () = &mut abandon => {
                        tracing::error!(%client, "a connection was cut off");
                        connection.cut_off();
                        cut_off.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    () = silent => {
                        tracing::debug!(%client, "no request came within the time for its head, or nothing of a reply was taken");
                        // On HTTP/2 the end of a reply may still wait for its client.
                        if told_to_go || !connection.is_http2() {
                            return;
                        }
                        told_to_go = true;
                        serving.as_mut().graceful_shutdown();
                        timer.restart();
                    }
                    result = turn => break result,
                    // After the connection itself, which hyper would close without looking whether a request is there.
                    () = &mut finish, if !finishing => {
                        (finishing, told_to_go) = (true, true);
                        serving.as_mut().graceful_shutdown();
                        timer.shorten(longest_wait);
                    }
                }
            };
            if let Err(error) = result {
                log_end(client, error);
            }
        });
    }

    pub(super) fn len(&self) -> usize {
        self.tracker.len() + self.streams.len()
    }

    async fn ended(&self) {
        self.tracker.wait().await;
        // Only a connection begins streams, and all connections have ended.
        self.streams.wait().await;
    }

    /// Lets all connections end, then the app, unless it has other servers: within the grace period, and until a second signal.
    pub(super) async fn end(&self, grace: Duration, mut signals: Signals, serving: Serving) -> Result<()> {
        let mut deadline = pin!(expiry(grace, &mut signals));
        self.finish.give();
        self.started.state.stopping.cancel();
        self.tracker.close();
        self.streams.close();
        let is_over = tokio::select! {
            biased;
            () = self.ended() => false,
            () = deadline.as_mut() => true,
        };
        let cut_off = if is_over { self.end_at_once().await } else { 0 };
        if !serving.ends_app() {
            if cut_off == 0 {
                return Ok(());
            }
            let mut report = DrainReport::default();
            report.connections = cut_off;
            report.stats = self.started.state.runner.stats();
            tracing::error!("the end of a server was cut short: {report}");
            return Err(Error::Unfinished(report));
        }
        let at_once = pin!(ready(()));
        let deadline: Deadline<'_> = if is_over { at_once } else { deadline };
        self.started.drain(deadline, cut_off).await
    }

    /// Cuts off what has not ended by the deadline, and returns how many connections that were.
    async fn end_at_once(&self) -> usize {
        self.abandon.give();
        // A path function that never comes to an await keeps its connection's task; nothing can stop it.
        if timeout(STUCK_AFTER, self.ended()).await.is_err() {
            tracing::error!(requests = self.len(), "requests do not stop");
        }
        // Streams of HTTP/2 are left out: their connection has been counted.
        self.cut_off.load(Ordering::Relaxed) + self.tracker.len()
    }
}

/// A client that leaves, or does not speak HTTP, is not a failure of the server.
fn log_end(client: SocketAddr, error: impl Into<axum_core::BoxError>) {
    let error = error.into();
    tracing::debug!(%client, error = with_causes(&*error), "a connection ended with an error");
}

fn is_of_one_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// The app as hyper calls it, for one connection.
pub(super) struct ConnectionService {
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
