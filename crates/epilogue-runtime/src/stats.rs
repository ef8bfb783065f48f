//! The counters of a runner, as users see them.

use std::time::Duration;

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
    /// Tasks that returned an error, after their retries.
    pub failed: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks that ran out of time.
    pub timed_out: u64,
    /// Attempts that were followed by another.
    pub retried: u64,
    /// Tasks that a drain's deadline cut off.
    pub abandoned: u64,
    /// Tasks that were dropped on purpose before they began.
    pub discarded: u64,
    /// Batches that run.
    pub batches: u64,
    /// Batches that wait for others to end, or for the time at which their task is tried again.
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
