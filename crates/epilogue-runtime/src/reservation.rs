//! Places for the tasks of a request that was let in.

use std::fmt;

use crate::Runner;

/// Places for the tasks of a request, until this is dropped: see [`Runner::reserve`].
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
        self.runner.shared().counters.unreserve(self.tasks);
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}
