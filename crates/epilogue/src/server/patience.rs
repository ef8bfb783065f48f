//! How long a client may take to send the head of a request: one timer for a connection, not one for each of its requests.
//!
//! hyper sets a timer for each head, and nearly all of them are dropped unused. Here that only notes the time; the connection's
//! own timer looks at the note when it goes off, about once in a timeout, and is set again to when the wait could be over.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// The time until when a connection waits for a head. All of it is read and written by the connection's task.
struct Wait {
    begun: Instant,
    /// In nanoseconds since then, or [`NOBODY`].
    until: AtomicU64,
    is_over: AtomicBool,
}

/// No head is waited for.
const NOBODY: u64 = u64::MAX;

impl Wait {
    fn set(&self, until: Instant) -> u64 {
        // Some centuries, or the connection waits for ever.
        let until = u64::try_from((until - self.begun).as_nanos()).unwrap_or(NOBODY);
        self.until.store(until, Ordering::Relaxed);
        until
    }
}

/// The timer of one connection, awaited beside it: done when the first request was not even begun in time.
pub(super) struct Patience {
    wait: Arc<Wait>,
    timeout: Duration,
    timer: Pin<Box<tokio::time::Sleep>>,
    alarm: Option<Arc<Alarm>>,
}

impl Patience {
    /// From now on the head of the first request is waited for.
    pub(super) fn new(timeout: Duration) -> Self {
        let begun = Instant::now();
        let wait = Wait { begun, until: AtomicU64::new(NOBODY), is_over: AtomicBool::new(false) };
        let timer = Box::pin(tokio::time::sleep(timeout));
        wait.set(timer.deadline());
        Self { wait: Arc::new(wait), timeout, timer, alarm: None }
    }

    /// What hyper is given.
    pub(super) fn timer(&self) -> HeadTimer {
        HeadTimer(Arc::clone(&self.wait))
    }

    /// Whether a head is overdue. To be polled by the connection's task and no other: it is that one which is woken.
    pub(super) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Alarm::of(context.waker()));
        if alarm.rings.load(Ordering::Acquire) {
            alarm.rings.store(false, Ordering::Release);
            let waker = Waker::from(Arc::clone(alarm));
            self.look(&mut Context::from_waker(&waker));
        }
        if self.wait.is_over.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }

    fn look(&mut self, context: &mut Context<'_>) {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let until = match self.wait.until.load(Ordering::Relaxed) {
                // A wait that begins later cannot be over before.
                NOBODY => now + self.timeout,
                until => self.wait.begun + Duration::from_nanos(until),
            };
            if until <= now {
                self.wait.is_over.store(true, Ordering::Relaxed);
                return;
            }
            self.timer.as_mut().reset(until);
        }
    }
}

/// Tells that the timer has gone off, which most wake-ups of the connection's task are not about.
struct Alarm {
    rings: AtomicBool,
    task: Waker,
}

impl Alarm {
    /// It rings at first, so that the timer is set.
    fn of(task: &Waker) -> Arc<Self> {
        Arc::new(Self { rings: AtomicBool::new(true), task: task.clone() })
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rings.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// hyper's timer, which it uses for nothing but the heads of requests.
pub(super) struct HeadTimer(Arc<Wait>);

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        let until = self.0.set(deadline.into());
        Box::pin(Head { wait: Arc::clone(&self.0), until })
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into()
    }
}

/// A wait for a head.
struct Head {
    wait: Arc<Wait>,
    until: u64,
}

impl Future for Head {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        if self.wait.is_over.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Sleep for Head {}

impl Drop for Head {
    fn drop(&mut self) {
        // Unless another wait has begun.
        if self.wait.until.load(Ordering::Relaxed) == self.until {
            self.wait.until.store(NOBODY, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn is_over_within(patience: &mut Patience, time: Duration) -> bool {
        tokio::time::timeout(time, poll_fn(|context| patience.poll_over(context))).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_found_out() {
        let mut patience = Patience::new(10 * SECOND);
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_its_whole_time() {
        let mut patience = Patience::new(10 * SECOND);
        let timer = patience.timer();
        for _ in 0..5 {
            let head = timer.sleep(10 * SECOND);
            assert!(!is_over_within(&mut patience, 9 * SECOND).await);
            drop(head);
            // The request is answered.
            assert!(!is_over_within(&mut patience, 25 * SECOND).await);
        }
        let mut head = timer.sleep(10 * SECOND);
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
        poll_fn(|context| head.as_mut().poll(context)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_takes_the_place_of_another_counts() {
        let mut patience = Patience::new(10 * SECOND);
        let timer = patience.timer();
        let mut head = timer.sleep(10 * SECOND);
        assert!(!is_over_within(&mut patience, 5 * SECOND).await);
        timer.reset(&mut head, (Instant::now() + 10 * SECOND).into());
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }
}
