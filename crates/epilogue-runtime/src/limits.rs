//! What a runner may hold and how much of it may run at once.

use std::time::Duration;

/// How many tasks a runner may hold, and how many may run at once.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::TaskLimits;
/// use std::time::Duration;
///
/// let limits = TaskLimits::default().pending(10_000).grace(Duration::from_secs(10));
/// assert_eq!(limits.blocking, 64);
/// ```
///
/// # Memory
///
/// Besides its arguments, a list with one task takes some 0.7 KiB, and each further task 0.25 KiB. A batch takes 0.4
/// KiB more while it waits, and 1 KiB more while it runs. So at the default limits, 100,000 pending tasks take 25 MB
/// (if requests have many tasks) to 110 MB (if they have one each).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TaskLimits {
    /// Tasks queued or running, over all requests. A request that can add tasks is let in if there are
    /// [places](crate::Runner::reserve) for as many as recent requests of its route added. Otherwise the server
    /// refuses it. What a request that was let in adds is always accepted.
    ///
    /// A request whose client has left keeps its places until it has ended. A request with exits after its reply needs
    /// one place more, even if it can add no tasks, and keeps it until they have run.
    ///
    /// A request that has exits before its reply only, and can add no tasks, needs no place. If its client has left,
    /// it is counted apart, with the functions of WebSockets whose clients have left. When there are as many of these
    /// as may be pending, further requests of both kinds are refused.
    ///
    /// Default: 100,000. With 0, every request that can add tasks, or has exits after its reply, is refused.
    pub pending: usize,
    /// Batches running at once. Others wait: first come, first served. A batch that only waits to try tasks again leaves its
    /// place to others, and goes before those that have not begun when it wants one again. So does a batch while a
    /// blocking task of it has to wait because [too many](Self::blocking) run, unless its tasks run concurrently. Default: 1,024. 0 counts as 1: what was accepted is run.
    pub batches: usize,
    /// Blocking tasks running at once, so that they leave room on tokio's blocking pool. One whose time is up still counts
    /// until its function returns. Default: 64. 0 counts as 1.
    pub blocking: usize,
    /// How long a shutdown waits for tasks. The runner only stores it: the server makes the deadline of
    /// [`Runner::drain`](crate::Runner::drain) from it. Default: 30 s.
    pub grace: Duration,
    /// How long exits may take once a drain's deadline has cut off their batch's tasks. Default: 1 s.
    pub exit_grace: Duration,
    /// How long a refused client is told to wait. Default: 1 s.
    pub retry_after: Duration,
}

impl Default for TaskLimits {
    fn default() -> Self {
        Self {
            pending: 100_000,
            batches: 1024,
            blocking: 64,
            grace: Duration::from_secs(30),
            exit_grace: Duration::from_secs(1),
            retry_after: Duration::from_secs(1),
        }
    }
}

impl TaskLimits {
    /// Sets the number of tasks that may be pending before new requests are refused.
    pub fn pending(mut self, tasks: usize) -> Self {
        self.pending = tasks;
        self
    }

    /// Sets the number of batches that may run at once.
    pub fn batches(mut self, batches: usize) -> Self {
        self.batches = batches;
        self
    }

    /// Sets the number of blocking tasks that may run at once.
    pub fn blocking(mut self, tasks: usize) -> Self {
        self.blocking = tasks;
        self
    }

    /// Sets how long a shutdown waits for tasks.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets how long exits may take after a drain's deadline.
    pub fn exit_grace(mut self, grace: Duration) -> Self {
        self.exit_grace = grace;
        self
    }

    /// Sets how long a refused client is told to wait.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = wait;
        self
    }
}
