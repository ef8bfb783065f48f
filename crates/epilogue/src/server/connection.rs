use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use http::Version;

use crate::tasks::{Batch, Runner};

/// What the requests of a connection and its socket share: the batches whose replies have ended, but may not have left yet.
///
/// hyper drops a reply's body before it writes it, so the end of the body is too early. The first flush that the socket
/// completes after it is the moment when the kernel has taken the last byte; see [`ConnectionIo`](super::io::ConnectionIo).
pub(crate) struct Connection {
    pub(crate) client: SocketAddr,
    runner: Runner,
    /// Spares every flush the lock.
    any_ended: AtomicBool,
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
}

/// Whether another flush is needed before the rest can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flushed {
    All,
    MoreWait,
}

impl Connection {
    pub(crate) fn new(client: SocketAddr, runner: Runner) -> Self {
        Self { client, runner, any_ended: AtomicBool::new(false), ended: Mutex::default() }
    }

    /// The body of a reply has ended; what follows it waits for the flush.
    pub(crate) fn reply_ended(&self, batch: Batch, version: Version) {
        let mut ended = self.lock();
        if ended.closed {
            drop(ended);
            self.runner.submit(batch);
            return;
        }
        if version == Version::HTTP_2 {
            ended.after_next.push(batch);
        } else {
            ended.next.push(batch);
        }
        self.any_ended.store(true, Ordering::Release);
    }

    /// The kernel has taken all that was written.
    pub(crate) fn flushed(&self) -> Flushed {
        if !self.any_ended.load(Ordering::Acquire) {
            return Flushed::All;
        }
        let mut ended = self.lock();
        let later = std::mem::take(&mut ended.after_next);
        let gone = std::mem::replace(&mut ended.next, later);
        let waiting = !ended.next.is_empty();
        self.any_ended.store(waiting, Ordering::Release);
        drop(ended);
        for batch in gone {
            self.runner.submit(batch);
        }
        if waiting { Flushed::MoreWait } else { Flushed::All }
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
