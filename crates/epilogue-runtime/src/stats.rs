//! The counters of a runner.

use std::{
    sync::atomic::{
        AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
    time::Duration,
};

use crate::TaskOutcome;

/// A runner's counters at one moment.
///
/// Each task that was ever added is in exactly one of `queued`, `running`, `succeeded`, `failed`, `panicked`,
/// `timed_out`, `abandoned` and `discarded`; [`accepted`](Self::accepted) is their sum.
///
/// ```
/// # use epilogue_runtime::{Origin, Runner, TaskLimits};
/// # let runner = Runner::new(TaskLimits::default());
/// # let tasks = runner.tasks(Origin::new(1, "GET /"));
/// tasks.add_task(|| (), ());
/// # let stats = runner.stats();
/// assert_eq!((stats.queued, stats.accepted()), (1, 1));
/// # tasks.discard();
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskStats {
    /// Tasks that wait: for their reply to leave, for their batch's turn or for their own.
    pub queued: u64,
    /// Tasks that run, or wait between two attempts.
    pub running: u64,
    /// Tasks that ended well.
    pub succeeded: u64,
    /// Tasks that returned an error, after their retries, or could not begin: see [`TaskOutcome::Failed`].
    pub failed: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks that ran out of time.
    pub timed_out: u64,
    /// Attempts that were followed by another.
    pub retried: u64,
    /// Tasks that were cut off, by a drain's deadline or otherwise: see [`TaskOutcome::Abandoned`].
    pub abandoned: u64,
    /// Tasks that were dropped on purpose before they began.
    pub discarded: u64,
    /// Batches that run.
    pub batches: u64,
    /// Batches that wait for others to end, for the time at which their task is tried again, or for a blocking task that had to wait until it may run.
    pub waiting_batches: u64,
    /// Requests that run although their client has left.
    pub kept: u64,
    /// WebSockets that are open.
    pub open: u64,
    /// How long ago the oldest batch that has not ended was submitted.
    pub oldest: Option<Duration>,
}

impl TaskStats {
    /// Tasks that were ever added.
    pub fn accepted(&self) -> u64 {
        self.queued + self.running + self.ran() + self.abandoned + self.discarded
    }

    /// Tasks that ran to an end of their own.
    pub fn ran(&self) -> u64 {
        self.succeeded + self.failed + self.panicked + self.timed_out
    }
}

/// Puts a counter that every request writes on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct CachePadded<T>(T);

/// Cores take turns at what they count together. So a task is counted twice, when it is added and when it ends; those that are pending
/// follow from that.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    added: CachePadded<AtomicU64>,
    succeeded: CachePadded<AtomicU64>,
    running: CachePadded<AtomicU64>,
    /// Places reserved for the tasks of requests in flight.
    reserved: CachePadded<AtomicUsize>,
    failed: AtomicU64,
    panicked: AtomicU64,
    timed_out: AtomicU64,
    retried: AtomicU64,
    abandoned: AtomicU64,
    discarded: AtomicU64,
}

impl Counters {
    pub(crate) fn pending(&self) -> usize {
        let TaskStats { queued, running, .. } = self.snapshot();
        usize::try_from(queued + running).unwrap_or(usize::MAX)
    }

    pub(crate) fn added(&self) {
        self.added.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn ended(&self, outcome: TaskOutcome) {
        let counter = match outcome {
            TaskOutcome::Succeeded => &self.succeeded.0,
            TaskOutcome::Failed => &self.failed,
            TaskOutcome::Panicked => &self.panicked,
            TaskOutcome::TimedOut => &self.timed_out,
            TaskOutcome::Abandoned => &self.abandoned,
            TaskOutcome::Discarded => &self.discarded,
        };
        counter.fetch_add(1, Release);
    }

    pub(crate) fn running(&self) {
        self.running.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn stopped(&self) {
        self.running.0.fetch_sub(1, Relaxed);
    }

    pub(crate) fn reserved(&self) -> usize {
        self.reserved.0.load(Acquire)
    }

    /// Returns how many places were reserved before.
    pub(crate) fn reserve(&self, tasks: usize) -> usize {
        self.reserved.0.fetch_add(tasks, AcqRel)
    }

    /// Whoever sees these places free again also sees the tasks that were added on them.
    pub(crate) fn unreserve(&self, tasks: usize) {
        self.reserved.0.fetch_sub(tasks, AcqRel);
    }

    pub(crate) fn retried(&self) {
        self.retried.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> TaskStats {
        let ended = TaskStats {
            succeeded: self.succeeded.0.load(Acquire),
            failed: self.failed.load(Acquire),
            panicked: self.panicked.load(Acquire),
            timed_out: self.timed_out.load(Acquire),
            abandoned: self.abandoned.load(Acquire),
            discarded: self.discarded.load(Acquire),
            ..TaskStats::default()
        };
        // After the ends: whoever sees a task end also sees that it was added.
        let pending = self.added.0.load(Relaxed) - ended.accepted();
        // A task that has just ended is no longer pending, but may still count as running.
        let running = self.running.0.load(Relaxed).min(pending);
        TaskStats { queued: pending - running, running, retried: self.retried.load(Relaxed), ..ended }
    }
}
