//! Which tasks count as running.

use crate::stats::Counters;

/// A task that counts as running until this is dropped.
pub(super) struct CountedRunning<'a>(&'a Counters);

impl<'a> CountedRunning<'a> {
    pub(super) fn new(counters: &'a Counters) -> Self {
        counters.running();
        Self(counters)
    }
}

impl Drop for CountedRunning<'_> {
    fn drop(&mut self) {
        self.0.stopped();
    }
}

/// A task that does not count as running until this is dropped.
pub(super) struct CountedWaiting<'a>(&'a Counters);

impl<'a> CountedWaiting<'a> {
    pub(super) fn new(counters: &'a Counters) -> Self {
        counters.stopped();
        Self(counters)
    }
}

impl Drop for CountedWaiting<'_> {
    fn drop(&mut self) {
        self.0.running();
    }
}
