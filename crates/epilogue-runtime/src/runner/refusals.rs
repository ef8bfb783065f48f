//! Requests that are refused because the runner is full.

use std::{fmt, mem, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Runner;

/// How often they are logged at the most. A line for each of them would be a load of its own.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Refusals(Mutex<Unlogged>);

#[derive(Default)]
struct Unlogged {
    last: Option<Instant>,
    since: u64,
}

impl Refusals {
    /// How many there were since the last line, if it is time for another.
    fn add(&self) -> Option<u64> {
        let now = Instant::now();
        let mut unlogged = self.0.lock();
        unlogged.since += 1;
        if unlogged.last.is_some_and(|last| now.duration_since(last) < PAUSE) {
            return None;
        }
        unlogged.last = Some(now);
        Some(mem::take(&mut unlogged.since))
    }
}

impl Runner {
    /// Logs that a request was refused since the runner is [full](Self::is_full): the first one at once, then those of a second together.
    #[doc(hidden)]
    pub fn log_refused(&self, request: impl fmt::Display) {
        if let Some(refused) = self.0.refusals.add() {
            tracing::warn!(
                target: "epilogue::task",
                %request, refused,
                "the limit of pending tasks is reached: requests are refused"
            );
        }
    }
}
