//! How long a client may take to send the head of a request: one timer for a connection, not one for each of its requests.
//!
//! hyper sets a timer for each head, and nearly all of them are dropped unused. Here that only notes the time; the connection's
//! own timer looks at the note when it goes off, about once in a timeout, and is set again to when the wait could be over. What
//! is overdue then is closed by the connection.
//!
//! On HTTP/2 hyper sets none. There a connection waits for a head from the end of the last request that was in flight.
//!
//! The same note says until when a client may take nothing of a reply: on HTTP/1, and on HTTP/2 once the server stops.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// The time until when a connection waits for its client. All of it is read and written by the connection's task, but for the end of
/// a request on HTTP/2.
pub(super) struct Wait {
    begun: Instant,
    timeout: Duration,
    stall_timeout: Duration,
    /// Until when a head may take, in nanoseconds since it was begun, or [`NOBODY`].
    head_until: AtomicU64,
    /// Until when the client may take nothing of a reply, on HTTP/1; likewise. No head is waited for before that has ended.
    stall_until: AtomicU64,
    /// The requests in flight, on HTTP/2.
    streams: AtomicUsize,
    /// Those of them that the app is at work on. The others wait for their client to take more of the reply.
    busy: AtomicUsize,
    /// When the client last took some of a reply, on HTTP/2. In nanoseconds since it was begun.
    took: AtomicU64,
    /// Whether the kernel has not yet taken what was written, on HTTP/2: the end of a reply may be a part of it.
    is_stalled: AtomicBool,
}

/// The client is not waited for.
const NOBODY: u64 = u64::MAX;

/// A time that may be added to any other.
pub(super) const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 30);

impl Wait {
    fn waits_for_head(&self, until: Instant) {
        self.head_until.store(self.nanoseconds(until), Ordering::Relaxed);
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        // It overflows after some centuries; then there is no timeout.
        u64::try_from((at - self.begun).as_nanos()).unwrap_or(NOBODY)
    }

    fn shortest(&self) -> Duration {
        self.stall_timeout.min(self.timeout)
    }

    /// The head that was waited for has come, on HTTP/1.
    pub(super) fn head_came(&self) {
        self.head_until.store(NOBODY, Ordering::Relaxed);
    }

    pub(super) fn stalls(&self, stalls: bool) {
        self.is_stalled.store(stalls, Ordering::Relaxed);
    }

    /// The client takes no more of a reply on HTTP/1.
    pub(super) fn reply_stalls(&self) {
        if self.stall_until.load(Ordering::Relaxed) == NOBODY {
            let until = self.nanoseconds(Instant::now() + self.stall_timeout);
            self.stall_until.store(until, Ordering::Relaxed);
        }
    }

    /// It takes some of it.
    #[inline]
    pub(super) fn reply_goes_on(&self) {
        if self.is_stalled.load(Ordering::Relaxed) {
            self.stream_goes_on();
        }
        if self.stall_until.load(Ordering::Relaxed) != NOBODY {
            self.reply_has_stalled();
        }
    }

    #[cold]
    fn reply_has_stalled(&self) {
        self.stall_until.store(NOBODY, Ordering::Relaxed);
        if self.head_until.load(Ordering::Relaxed) != NOBODY {
            self.waits_for_head(Instant::now() + self.timeout);
        }
    }

    /// A request on HTTP/2 has come.
    pub(super) fn stream_begins(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    /// The app works on it.
    pub(super) fn stream_works(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    /// Now it is its client's turn.
    pub(super) fn stream_rests(&self) {
        self.stream_goes_on();
        // In this order: who finds none at work finds when the last one was.
        self.busy.fetch_sub(1, Ordering::Release);
    }

    /// Its client has taken some of the reply.
    pub(super) fn stream_goes_on(&self) {
        self.took.store(self.nanoseconds(Instant::now()), Ordering::Relaxed);
    }

    /// It has been answered, or taken back.
    pub(super) fn stream_ended(&self) {
        self.waits_for_head(Instant::now() + self.timeout);
        // In this order: who finds none in flight finds when the last one ended.
        self.streams.fetch_sub(1, Ordering::Release);
    }
}

/// The timer of one connection, awaited beside it: done when a head is overdue, or a client takes nothing of a reply for too long.
pub(super) struct Patience {
    wait: Arc<Wait>,
    /// Since when all have only that long, if they do not have less.
    hurry: Option<(Instant, Duration)>,
    timer: Pin<Box<tokio::time::Sleep>>,
    alarm: Option<Arc<Alarm>>,
    is_over: bool,
}

impl Patience {
    /// From now on the head of the first request is waited for.
    pub(super) fn new(timeout: Duration, stall_timeout: Option<Duration>) -> Self {
        let begun = Instant::now();
        let wait = Wait {
            begun,
            timeout,
            stall_timeout: stall_timeout.unwrap_or(FOR_EVER),
            head_until: AtomicU64::new(NOBODY),
            stall_until: AtomicU64::new(NOBODY),
            streams: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            took: AtomicU64::new(0),
            is_stalled: AtomicBool::new(false),
        };
        wait.waits_for_head(begun + timeout);
        let timer = Box::pin(tokio::time::sleep(wait.shortest()));
        Self { wait: Arc::new(wait), hurry: None, timer, alarm: None, is_over: false }
    }

    /// What is told of the requests on HTTP/2.
    pub(super) fn wait(&self) -> Arc<Wait> {
        Arc::clone(&self.wait)
    }

    /// The client was told to go, and has this long again to do it.
    pub(super) fn again(&mut self) {
        self.wait.waits_for_head(Instant::now() + self.wait.timeout);
        self.is_over = false;
        self.look_soon();
    }

    /// From now on the client is waited for only that long, if it is less than the timeout: for a head, or to take more of a reply.
    pub(super) fn shorten(&mut self, timeout: Duration) {
        self.hurry = Some((Instant::now(), timeout));
        self.look_soon();
    }

    /// The end of a wait that would be over then, by this timeout.
    fn end(&self, until: Instant, timeout: Duration) -> Instant {
        let Some((since, most)) = self.hurry else { return until };
        let begun = until.checked_sub(timeout).unwrap_or(since);
        until.min(begun.max(since) + most)
    }

    /// Sets the timer anew at the next poll.
    fn look_soon(&mut self) {
        self.timer.as_mut().reset(Instant::now());
        if let Some(alarm) = &self.alarm {
            alarm.rings.store(true, Ordering::Release);
        }
    }

    /// What hyper is given.
    pub(super) fn timer(&self) -> HeadTimer {
        HeadTimer(Arc::clone(&self.wait))
    }

    /// Whether the client is overdue. To be polled by the connection's task and no other: it is that one which is woken.
    pub(super) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Alarm::of(context.waker()));
        if alarm.rings.load(Ordering::Acquire) {
            alarm.rings.store(false, Ordering::Release);
            let waker = Waker::from(Arc::clone(alarm));
            self.look(&mut Context::from_waker(&waker));
        }
        if self.is_over { Poll::Ready(()) } else { Poll::Pending }
    }

    fn look(&mut self, context: &mut Context<'_>) {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let wait = &*self.wait;
            // A wait that begins later cannot be over before that.
            let fresh = self.end(now + wait.shortest(), wait.shortest());
            let in_flight =
                wait.streams.load(Ordering::Acquire) > 0 || wait.is_stalled.load(Ordering::Relaxed);
            let at = |nanoseconds| wait.begun + Duration::from_nanos(nanoseconds);
            let ends = [&wait.stall_until, &wait.head_until].map(|until| until.load(Ordering::Relaxed));
            let until = match ends {
                _ if in_flight => match self.hurry {
                    Some((since, most)) if wait.busy.load(Ordering::Acquire) == 0 => {
                        since.max(at(wait.took.load(Ordering::Relaxed))) + most
                    }
                    _ => fresh,
                },
                [NOBODY, NOBODY] => fresh,
                [NOBODY, head] => self.end(at(head), wait.timeout),
                [stall, _] => self.end(at(stall), wait.stall_timeout),
            };
            if until <= now {
                self.is_over = true;
                return;
            }
            self.timer.as_mut().reset(until.min(fresh));
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
        self.0.waits_for_head(deadline.into());
        // Of no size, so that the box is no allocation.
        Box::pin(Never)
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into()
    }
}

/// It is the connection that ends what is overdue, and not hyper.
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

    async fn is_over_within(patience: &mut Patience, time: Duration) -> bool {
        tokio::time::timeout(time, poll_fn(|context| patience.poll_over(context))).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_is_found_out() {
        let mut patience = Patience::new(10 * SECOND, None);
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_its_whole_time() {
        let mut patience = Patience::new(10 * SECOND, None);
        let timer = patience.timer();
        for _ in 0..5 {
            let _head = timer.sleep(10 * SECOND);
            assert!(!is_over_within(&mut patience, 9 * SECOND).await);
            patience.wait().head_came();
            // The request is answered.
            assert!(!is_over_within(&mut patience, 25 * SECOND).await);
        }
        let _head = timer.sleep(10 * SECOND);
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_take_a_reply_slowly_but_not_stop() {
        let mut patience = Patience::new(10 * SECOND, Some(3 * SECOND));
        let wait = patience.wait();
        wait.head_came();
        for _ in 0..5 {
            wait.reply_stalls();
            assert!(!is_over_within(&mut patience, 2 * SECOND).await);
            // It is tried again, and still takes nothing.
            wait.reply_stalls();
            wait.reply_goes_on();
        }
        wait.reply_stalls();
        assert!(!is_over_within(&mut patience, 2 * SECOND).await);
        assert!(is_over_within(&mut patience, 4 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_is_not_waited_for_longer_because_a_reply_has_stalled() {
        let mut patience = Patience::new(10 * SECOND, Some(3600 * SECOND));
        let wait = patience.wait();
        wait.head_came();
        wait.reply_stalls();
        assert!(!is_over_within(&mut patience, 20 * SECOND).await);
        wait.reply_goes_on();
        let _head = patience.timer().sleep(10 * SECOND);
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_waited_for_while_a_reply_stalls_has_its_time_after_it() {
        let mut patience = Patience::new(10 * SECOND, Some(60 * SECOND));
        let wait = patience.wait();
        wait.head_came();
        wait.reply_stalls();
        let _head = patience.timer().sleep(10 * SECOND);
        assert!(!is_over_within(&mut patience, 50 * SECOND).await);
        wait.reply_goes_on();
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn from_the_stop_on_a_client_has_less_time_to_go_on() {
        let mut patience = Patience::new(60 * SECOND, None);
        let wait = patience.wait();
        wait.head_came();
        wait.reply_stalls();
        assert!(!is_over_within(&mut patience, 100 * SECOND).await);
        patience.shorten(10 * SECOND);
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        wait.reply_goes_on();
        wait.reply_stalls();
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 12 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_on_http2_is_waited_for_while_the_app_works_on_it() {
        let mut patience = Patience::new(60 * SECOND, None);
        let wait = patience.wait();
        wait.stream_begins();
        wait.stream_works();
        patience.shorten(10 * SECOND);
        assert!(!is_over_within(&mut patience, 100 * SECOND).await);
        wait.stream_rests();
        for _ in 0..3 {
            assert!(!is_over_within(&mut patience, 9 * SECOND).await);
            wait.stream_goes_on();
        }
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 12 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_takes_the_place_of_another_counts() {
        let mut patience = Patience::new(10 * SECOND, None);
        let timer = patience.timer();
        let mut head = timer.sleep(10 * SECOND);
        assert!(!is_over_within(&mut patience, 5 * SECOND).await);
        timer.reset(&mut head, (Instant::now() + 10 * SECOND).into());
        assert!(!is_over_within(&mut patience, 9 * SECOND).await);
        assert!(is_over_within(&mut patience, 2 * SECOND).await);
    }
}
