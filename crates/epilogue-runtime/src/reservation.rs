//! Places for the tasks of a request that was let in.

use std::fmt;

use crate::Runner;

/// Places for the tasks of a request, until this is dropped: see [`Runner::reserve`].
///
/// ```
/// use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
///
/// /// Whether the request was let in.
/// fn request(runner: &Runner) -> bool {
///     let Some(_places) = runner.reserve(1) else { return false };
///     let tasks = runner.tasks(Origin::new(1, "GET /"));
///     tasks.add_task(|| println!("done"), ());
///     Batch::new(tasks).submit(); // the task is pending before its place is given up
///     true
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let runner = Runner::new(TaskLimits::default().pending(1));
/// assert_eq!((request(&runner), request(&runner)), (true, false));
/// runner.idle().await;
/// # }
/// ```
#[must_use = "the places are given up when it is dropped"]
pub struct Reservation {
    runner: Runner,
    tasks: usize,
}

impl Reservation {
    pub(crate) fn new(runner: Runner, tasks: usize) -> Self {
        Self { runner, tasks }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.runner.counters().unreserve(self.tasks);
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}
