//! Between the end of a reply and the moment that proves it has left: the part of a connection where threads meet.
//!
//! It is a file of its own so that `tests/e2e/tests/all/handover_model.rs` can compile it with loom's types and try every
//! interleaving.

use std::sync::Arc;
use std::task::{Context, Waker};

use smallvec::SmallVec;

use super::sync::{AtomicBool, Mutex, Ordering};

/// What follows the replies that end at the same time: just one reply, on HTTP/1.
pub(crate) type Gone<T> = SmallVec<[T; 1]>;

/// Whether h2 has let go of the end of a reply, because it has copied it into its buffer, or because nobody wants it any more. It is read
/// and written with the lock of the [`Handover`] held.
#[derive(Clone)]
pub(crate) struct End(Arc<AtomicBool>);

impl End {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    fn is_written(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What waits for its reply to leave.
pub(crate) struct Handover<T> {
    /// Lets a flush skip the lock if it releases nothing.
    any_ended: AtomicBool,
    is_http2: AtomicBool,
    ended: Mutex<Ended<T>>,
}

struct Ended<T> {
    /// Released by the next flush that completes, on HTTP/2 by the next turn of the connection's task that ends with one.
    next: Gone<T>,
    /// Released by the turn after that. On HTTP/2 a body ends on another task than the connection's, whose turn may have begun before
    /// the end of the stream was queued.
    after_next: Gone<T>,
    /// On HTTP/2, released by the next flush that completes after the end was written.
    marked: Vec<(End, T)>,
    closed: bool,
    /// The connection's task, on HTTP/2: it may be asleep when a body ends, and nothing else would give it another turn.
    flusher: Option<Waker>,
}

impl<T> Ended<T> {
    /// What waits for ends that have been written.
    fn take_written(&mut self) -> impl Iterator<Item = T> {
        self.marked.extract_if(.., |(end, _)| end.is_written()).map(|(_, follows)| follows)
    }
}

impl<T> Handover<T> {
    pub(crate) fn new() -> Self {
        let ended = Ended {
            next: Gone::new(),
            after_next: Gone::new(),
            marked: Vec::new(),
            closed: false,
            flusher: None,
        };
        Self { any_ended: AtomicBool::new(false), is_http2: AtomicBool::new(false), ended: Mutex::new(ended) }
    }

    /// Notes that the connection speaks HTTP/2. This is known with its first request, on the connection's task.
    pub(crate) fn speaks_http2(&self) {
        self.is_http2.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.is_http2.load(Ordering::Relaxed)
    }

    /// The body of a reply has ended; what follows it waits until it has left, or is given back if the socket is gone. On HTTP/2 it waits
    /// for the end of a turn unless the end of the reply was marked.
    #[must_use]
    pub(crate) fn reply_ended(&self, follows: T, end: Option<End>) -> Option<T> {
        let mut ended = self.ended.lock();
        if ended.closed {
            return Some(follows);
        }
        if !self.is_http2() {
            self.any_ended.store(true, Ordering::Release);
            ended.next.push(follows);
            return None;
        }
        match end {
            Some(end) => {
                if end.is_written() {
                    self.any_ended.store(true, Ordering::Release);
                }
                ended.marked.push((end, follows));
            }
            None => ended.after_next.push(follows),
        }
        let flusher = ended.flusher.clone();
        drop(ended);
        if let Some(flusher) = flusher {
            flusher.wake();
        }
        None
    }

    /// h2 has let go of the end of a reply, whose body may end before this or after it.
    pub(crate) fn end_is_written(&self, end: &End) {
        let ended = self.ended.lock();
        end.0.store(true, Ordering::Relaxed);
        self.any_ended.store(true, Ordering::Release);
        let flusher = ended.flusher.clone();
        drop(ended);
        // A stream that is reset may let go of it on another task.
        if let Some(flusher) = flusher {
            flusher.wake();
        }
    }

    /// The kernel has taken all that was written: returns what may go now, `None` if that is nothing.
    ///
    /// On HTTP/2 this is what waits for ends that have been written. There is a flush after each frame of some length, while the ends of
    /// other replies wait.
    #[must_use]
    #[inline]
    pub(crate) fn flushed(&self) -> Option<Gone<T>> {
        self.any_ended.load(Ordering::Acquire).then(|| {
            let mut ended = self.ended.lock();
            self.any_ended.store(false, Ordering::Release);
            if self.is_http2() { ended.take_written().collect() } else { std::mem::take(&mut ended.next) }
        })
    }

    /// A turn of the connection's task has ended on HTTP/2, and the kernel has taken all that was written: returns what may go now
    /// although the end of its reply was not marked.
    #[must_use]
    pub(crate) fn turn_ended(&self, context: &Context<'_>) -> Gone<T> {
        let mut ended = self.ended.lock();
        let mut later = std::mem::take(&mut ended.after_next);
        if self.any_ended.load(Ordering::Acquire) {
            // No flush has come since: h2 flushes no more once it closes the connection.
            self.any_ended.store(false, Ordering::Release);
            later.extend(ended.take_written());
        }
        let gone = std::mem::replace(&mut ended.next, later);
        let more_wait = !ended.next.is_empty();
        if !ended.flusher.as_ref().is_some_and(|flusher| flusher.will_wake(context.waker())) {
            ended.flusher = Some(context.waker().clone());
        }
        drop(ended);
        if more_wait {
            // For one more turn, which writes what was queued by now.
            context.waker().wake_by_ref();
        }
        gone
    }

    /// The socket is gone: no flush will come, and nothing that waits may be lost.
    #[must_use]
    pub(crate) fn closed(&self) -> Gone<T> {
        let mut ended = self.ended.lock();
        ended.closed = true;
        let mut left = std::mem::take(&mut ended.next);
        left.append(&mut ended.after_next);
        left.extend(ended.marked.drain(..).map(|(_, follows)| follows));
        left
    }
}
