//! How long a client may take to send the head of a request: one timer per connection, not one per request.
//!
//! hyper sets a timer for each head, and drops nearly all of them unused. Here that only notes the time. The connection's own
//! timer looks at the note when it goes off, about once per timeout, and is then set to when the wait could be over. If it is
//! over, the connection is closed.
//!
//! On HTTP/2 hyper sets no timer. There a connection waits for a head from the end of the last request that was in flight.
//!
//! The same note says until when a client may take nothing at all of what was written. On HTTP/2 a client may also take nothing of one
//! reply: see [`stalled`](super::stalled).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// How long a connection waits for its client. Only the connection's task reads and writes this, except at the end of a request on HTTP/2.
pub(super) struct Wait {
    begun: Instant,
    timeout: Duration,
    stall_timeout: Duration,
    /// When the head must have come, in nanoseconds since `begun`, or [`NO_DEADLINE`].
    head_deadline: AtomicU64,
    /// Until when the client may take nothing of what was written; in the same form. Before that is over, no head is waited for.
    stall_deadline: AtomicU64,
    /// The requests in flight, on HTTP/2.
    streams: AtomicUsize,
}

/// The client is not waited for.
const NO_DEADLINE: u64 = u64::MAX;

/// A time that is long enough, and can still be added to any other.
pub(super) const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 30);

impl Wait {
    fn waits_for_head(&self, until: Instant) {
        self.head_deadline.store(self.nanoseconds(until), Ordering::Relaxed);
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        // It overflows after some centuries; then there is no timeout.
        u64::try_from((at - self.begun).as_nanos()).unwrap_or(NO_DEADLINE)
    }

    fn shortest(&self) -> Duration {
        self.stall_timeout.min(self.timeout)
    }

    /// The head that was waited for has come, on HTTP/1.
    pub(super) fn head_came(&self) {
        self.head_deadline.store(NO_DEADLINE, Ordering::Relaxed);
    }

    /// Whether the kernel has yet to take some of what was written.
    pub(super) fn is_stalled(&self) -> bool {
        self.stall_deadline.load(Ordering::Relaxed) != NO_DEADLINE
    }

    /// The client takes no more of what was written.
    pub(super) fn reply_stalls(&self) {
        if !self.is_stalled() {
            let until = self.nanoseconds(Instant::now() + self.stall_timeout);
            self.stall_deadline.store(until, Ordering::Relaxed);
        }
    }

    /// The client takes more of it.
    #[inline]
    pub(super) fn reply_goes_on(&self) {
        if self.is_stalled() {
            self.reply_has_stalled();
        }
    }

    #[cold]
    fn reply_has_stalled(&self) {
        self.stall_deadline.store(NO_DEADLINE, Ordering::Relaxed);
        if self.head_deadline.load(Ordering::Relaxed) != NO_DEADLINE {
            self.waits_for_head(Instant::now() + self.timeout);
        }
    }

    /// A request on HTTP/2 has come.
    pub(super) fn stream_begins(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    /// The request has been answered, or taken back by its client.
    pub(super) fn stream_ended(&self) {
        self.waits_for_head(Instant::now() + self.timeout);
        // In this order, so that whoever sees that none is in flight also sees when the last one ended.
        self.streams.fetch_sub(1, Ordering::Release);
    }
}

/// The timer of one connection, awaited beside it: done when a head is overdue, or a client takes nothing of a reply for too long.
pub(super) struct ConnectionTimer {
    wait: Arc<Wait>,
    /// From when on every wait may take only this long, unless it may take even less.
    hurry: Option<(Instant, Duration)>,
    timer: Pin<Box<tokio::time::Sleep>>,
    alarm: Option<Arc<Alarm>>,
    is_expired: bool,
}

impl ConnectionTimer {
    /// From now on the head of the first request is waited for.
    pub(super) fn new(timeout: Duration, stall_timeout: Option<Duration>) -> Self {
        let begun = Instant::now();
        let wait = Wait {
            begun,
            timeout,
            stall_timeout: stall_timeout.unwrap_or(FOR_EVER),
            head_deadline: AtomicU64::new(NO_DEADLINE),
            stall_deadline: AtomicU64::new(NO_DEADLINE),
            streams: AtomicUsize::new(0),
        };
        wait.waits_for_head(begun + timeout);
        let timer = Box::pin(tokio::time::sleep(wait.shortest()));
        Self { wait: Arc::new(wait), hurry: None, timer, alarm: None, is_expired: false }
    }

    /// The note that the connection and its requests write to.
    pub(super) fn wait(&self) -> Arc<Wait> {
        Arc::clone(&self.wait)
    }

    /// The client was told to go, and has the timeout once more to do it.
    pub(super) fn restart(&mut self) {
        self.wait.waits_for_head(Instant::now() + self.wait.timeout);
        self.is_expired = false;
        self.look_soon();
    }

    /// From now on the client has only this long, if that is less than the timeout: for a head, or to take more of a reply.
    pub(super) fn shorten(&mut self, timeout: Duration) {
        self.hurry = Some((Instant::now(), timeout));
        self.look_soon();
    }

    /// When a wait ends that would end at `until` because of this timeout.
    fn end(&self, until: Instant, timeout: Duration) -> Instant {
        let Some((since, most)) = self.hurry else { return until };
        let begun = until.checked_sub(timeout).unwrap_or(since);
        until.min(begun.max(since) + most)
    }

    /// Makes the next poll set the timer anew.
    fn look_soon(&mut self) {
        self.timer.as_mut().reset(Instant::now());
        if let Some(alarm) = &self.alarm {
            alarm.rings.store(true, Ordering::Release);
        }
    }

    /// What hyper takes for its timer.
    pub(super) fn for_hyper(&self) -> HeadTimer {
        HeadTimer(Arc::clone(&self.wait))
    }

    /// Ready once the client is overdue. Only the connection's task may poll this, because only that task is woken.
    pub(super) fn poll_expired(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Alarm::of(context.waker()));
        if alarm.rings.load(Ordering::Acquire) {
            alarm.rings.store(false, Ordering::Release);
            let waker = Waker::from(Arc::clone(alarm));
            self.look(&mut Context::from_waker(&waker));
        }
        if self.is_expired { Poll::Ready(()) } else { Poll::Pending }
    }

    fn look(&mut self, context: &mut Context<'_>) {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let shortest = self.wait.shortest();
            // A wait that begins from now on cannot be over before this.
            let fresh = self.end(now + shortest, shortest);
            let overdue = self.overdue_at().unwrap_or(fresh);
            if overdue <= now {
                self.is_expired = true;
                return;
            }
            self.timer.as_mut().reset(overdue.min(fresh));
        }
    }

    /// When the client is overdue, if it is waited for.
    fn overdue_at(&self) -> Option<Instant> {
        let wait = &*self.wait;
        let at = |nanoseconds| wait.begun + Duration::from_nanos(nanoseconds);
        let in_flight = wait.streams.load(Ordering::Acquire) > 0;
        let deadlines = [&wait.stall_deadline, &wait.head_deadline];
        match deadlines.map(|deadline| deadline.load(Ordering::Relaxed)) {
            [NO_DEADLINE, _] if in_flight => None,
            [NO_DEADLINE, NO_DEADLINE] => None,
            [NO_DEADLINE, head] => Some(self.end(at(head), wait.timeout)),
            [stall, _] => Some(self.end(at(stall), wait.stall_timeout)),
        }
    }
}

/// Tells whether the timer has gone off, because most wake-ups of the connection's task have other reasons.
struct Alarm {
    rings: AtomicBool,
    task: Waker,
}

impl Alarm {
    /// It rings from the start, so that the first poll sets the timer.
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

/// hyper's timer, which hyper uses only for the heads of requests.
pub(super) struct HeadTimer(Arc<Wait>);

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.0.waits_for_head(deadline.into());
        // `Never` has no size, so the box does not allocate.
        Box::pin(Never)
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into()
    }
}

/// Never ready: the connection ends what is overdue, not hyper.
struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Never {}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn expires_within(timer: &mut ConnectionTimer, time: Duration) -> bool {
        tokio::time::timeout(time, poll_fn(|context| timer.poll_expired(context))).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_found_out() {
        let mut timer = ConnectionTimer::new(10 * SECOND, Some(3 * SECOND));
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_its_whole_time() {
        let mut timer = ConnectionTimer::new(10 * SECOND, None);
        let hyper = timer.for_hyper();
        for _ in 0..5 {
            let _head = hyper.sleep(10 * SECOND);
            assert!(!expires_within(&mut timer, 9 * SECOND).await);
            timer.wait().head_came();
            // The request is answered.
            assert!(!expires_within(&mut timer, 25 * SECOND).await);
        }
        let _head = hyper.sleep(10 * SECOND);
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_last_request_on_http2_a_head_has_its_whole_time() {
        let mut timer = ConnectionTimer::new(10 * SECOND, None);
        timer.wait().stream_begins();
        assert!(!expires_within(&mut timer, 25 * SECOND).await);
        timer.wait().stream_ended();
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_take_a_reply_slowly_but_not_stop() {
        let mut timer = ConnectionTimer::new(10 * SECOND, Some(3 * SECOND));
        let wait = timer.wait();
        wait.head_came();
        for _ in 0..5 {
            wait.reply_stalls();
            assert!(!expires_within(&mut timer, 2 * SECOND).await);
            // It is tried again, and still takes nothing.
            wait.reply_stalls();
            wait.reply_goes_on();
        }
        wait.reply_stalls();
        assert!(!expires_within(&mut timer, 2 * SECOND).await);
        assert!(expires_within(&mut timer, 4 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_is_not_waited_for_longer_because_a_reply_has_stalled() {
        let mut timer = ConnectionTimer::new(10 * SECOND, Some(3600 * SECOND));
        let wait = timer.wait();
        wait.head_came();
        wait.reply_stalls();
        assert!(!expires_within(&mut timer, 20 * SECOND).await);
        wait.reply_goes_on();
        let _head = timer.for_hyper().sleep(10 * SECOND);
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_waited_for_while_a_reply_stalls_has_its_time_after_it() {
        let mut timer = ConnectionTimer::new(10 * SECOND, Some(60 * SECOND));
        let wait = timer.wait();
        wait.head_came();
        wait.reply_stalls();
        let _head = timer.for_hyper().sleep(10 * SECOND);
        assert!(!expires_within(&mut timer, 45 * SECOND).await);
        wait.reply_goes_on();
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn from_the_stop_on_a_client_has_less_time_to_go_on() {
        let mut timer = ConnectionTimer::new(60 * SECOND, None);
        let wait = timer.wait();
        wait.head_came();
        wait.reply_stalls();
        assert!(!expires_within(&mut timer, 100 * SECOND).await);
        timer.shorten(10 * SECOND);
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        wait.reply_goes_on();
        wait.reply_stalls();
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 12 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_in_flight_on_http2_are_waited_for_unless_nothing_is_taken() {
        let mut timer = ConnectionTimer::new(10 * SECOND, Some(3 * SECOND));
        let wait = timer.wait();
        wait.stream_begins();
        for _ in 0..5 {
            wait.reply_stalls();
            assert!(!expires_within(&mut timer, 2 * SECOND).await);
            wait.reply_goes_on();
        }
        assert!(!expires_within(&mut timer, 100 * SECOND).await);
        wait.reply_stalls();
        // The end of the reply may wait in the socket.
        wait.stream_ended();
        assert!(!expires_within(&mut timer, 2 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_was_told_to_go_has_the_time_once_more() {
        let mut timer = ConnectionTimer::new(10 * SECOND, None);
        assert!(expires_within(&mut timer, 11 * SECOND).await);
        timer.restart();
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_takes_the_place_of_another_counts() {
        let mut timer = ConnectionTimer::new(10 * SECOND, None);
        let hyper = timer.for_hyper();
        let mut head = hyper.sleep(10 * SECOND);
        assert!(!expires_within(&mut timer, 5 * SECOND).await);
        hyper.reset(&mut head, (Instant::now() + 10 * SECOND).into());
        assert!(!expires_within(&mut timer, 9 * SECOND).await);
        assert!(expires_within(&mut timer, 2 * SECOND).await);
    }
}
