use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use http::Version;

use crate::tasks::{Batch, Runner};

/// What the requests of a connection and its socket share: the batches whose replies have ended, but may not have left yet.
///
/// hyper drops a reply's body before it writes it, so the end of the body is too early. The first flush that the socket
/// completes after it is the moment when the kernel has taken the last byte; see [`ConnectionIo`](super::io::ConnectionIo).
pub(crate) struct Connection {
    pub(crate) client: SocketAddr,
    pub(crate) body_read_timeout: Option<Duration>,
    runner: Runner,
    /// Spares every flush of HTTP/1 the lock.
    any_ended: AtomicBool,
    is_http2: AtomicBool,
    any_request: AtomicBool,
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    /// They go with the next flush that completes.
    next: Vec<Batch>,
    /// They go with the one after it. On HTTP/2 a body ends on another task than the one that flushes, so the next flush to
    /// complete may have begun before the end of the stream was queued.
    after_next: Vec<Batch>,
    closed: bool,
    /// The task that flushes, on HTTP/2: it may sleep when a body ends, and nothing else would make it flush again.
    flusher: Option<Waker>,
}

impl Connection {
    pub(crate) fn new(client: SocketAddr, runner: Runner, body_read_timeout: Option<Duration>) -> Self {
        Self {
            client,
            body_read_timeout,
            runner,
            any_request: AtomicBool::new(false),
            any_ended: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            ended: Mutex::default(),
        }
    }

    /// A request has come by this version of HTTP; all others of the connection will, too.
    pub(crate) fn speaks(&self, version: Version) {
        if version == Version::HTTP_2 {
            self.is_http2.store(true, Ordering::Relaxed);
        }
        if !self.any_request.load(Ordering::Relaxed) {
            self.any_request.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the head of a request has ever arrived.
    pub(super) fn is_used(&self) -> bool {
        self.any_request.load(Ordering::Relaxed)
    }

    /// The body of a reply has ended; what follows it waits for the flush.
    pub(crate) fn reply_ended(&self, batch: Batch) {
        let mut ended = self.lock();
        if ended.closed {
            drop(ended);
            self.runner.submit(batch);
            return;
        }
        self.any_ended.store(true, Ordering::Release);
        if !self.is_http2.load(Ordering::Relaxed) {
            ended.next.push(batch);
            return;
        }
        ended.after_next.push(batch);
        let flusher = ended.flusher.clone();
        drop(ended);
        if let Some(flusher) = flusher {
            flusher.wake();
        }
    }

    /// The kernel has taken all that was written.
    pub(crate) fn flushed(&self, context: &Context<'_>) {
        let is_http2 = self.is_http2.load(Ordering::Relaxed);
        if !is_http2 && !self.any_ended.load(Ordering::Acquire) {
            return;
        }
        let mut ended = self.lock();
        let later = std::mem::take(&mut ended.after_next);
        let gone = std::mem::replace(&mut ended.next, later);
        let more_wait = !ended.next.is_empty();
        self.any_ended.store(more_wait, Ordering::Release);
        if is_http2 && !ended.flusher.as_ref().is_some_and(|flusher| flusher.will_wake(context.waker())) {
            ended.flusher = Some(context.waker().clone());
        }
        drop(ended);
        if more_wait {
            // Brings the connection's task back here once more, after it has written what was queued.
            context.waker().wake_by_ref();
        }
        for batch in gone {
            self.runner.submit(batch);
        }
    }

    /// The socket is gone: no flush will come, and nothing that was queued may be lost.
    pub(crate) fn closed(&self) {
        let mut ended = self.lock();
        ended.closed = true;
        let mut left = std::mem::take(&mut ended.next);
        left.append(&mut ended.after_next);
        drop(ended);
        for batch in left {
            self.runner.submit(batch);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
