//! The end of a runner: everything is run, or named.

use std::time::Duration;

use tokio::{
    select,
    time::{Instant, timeout},
};

use super::{DrainReport, Runner};

/// How often to check whether what was told to stop has stopped.
const LOOK: Duration = Duration::from_millis(50);
/// How many checks without any progress before giving up.
const PATIENCE: u32 = 10;

impl Runner {
    /// Runs all that was accepted. At the deadline the rest is cut off and named, in the log and in the report.
    ///
    /// The deadline may be a timer, a second signal or both. While the drain runs, requests that are being finished
    /// may still submit batches; after the deadline, these are named at once. Async tasks stop at their next await.
    /// Blocking ones cannot be stopped, only counted. The exits of batches that were cut off have
    /// [`TaskLimits::exit_grace`](crate::TaskLimits::exit_grace) more.
    ///
    /// When it returns, each task that was ever accepted is counted as run, discarded or abandoned, except those in
    /// [`DrainReport::stuck`] and those in lists that someone still holds.
    pub async fn drain(&self, deadline: impl Future<Output = ()>) -> DrainReport {
        let begun = Instant::now();
        self.0.registry.name_losses();
        let done = select! {
            biased;
            () = self.idle() => true,
            () = deadline => false,
        };
        if !done {
            self.cut().await;
        }
        let (abandoned, requests, stuck) = self.0.registry.losses();
        let report = DrainReport {
            abandoned,
            requests,
            stuck,
            blocking: self.0.blocking.len(),
            in_flight: self.in_flight(),
            connections: 0,
            app_exits: Vec::new(),
            took: begun.elapsed(),
            stats: self.stats(),
        };
        if !report.is_complete() {
            tracing::error!(target: "epilogue::task", took = ?report.took, "shutdown was cut short: {report}");
        }
        for stuck in &report.stuck {
            tracing::error!(target: "epilogue::task", request = %stuck.origin, age = ?stuck.age, "{} did not stop", stuck.what);
        }
        report
    }

    async fn cut(&self) {
        // As each batch is dropped, it names its tasks.
        drop(self.0.registry.cut());
        // `None` if the sum overflows: then exits may take as long as they like.
        let exits_until = Instant::now().checked_add(self.0.limits.exit_grace);
        // The fewest so far: a task that does not stop may go on adding others.
        let (mut batches, mut tasks) = (usize::MAX, usize::MAX);
        let mut without_progress = 0;
        loop {
            if timeout(LOOK, self.0.batches.wait()).await.is_ok() {
                return;
            }
            if exits_until.is_some_and(|until| Instant::now() >= until) {
                self.0.registry.cut_exits();
            } else if self.0.registry.has_exits() {
                continue;
            }
            let (left, pending) = (self.0.batches.len(), self.0.counters.pending());
            without_progress = if left < batches || pending < tasks { 0 } else { without_progress + 1 };
            (batches, tasks) = (batches.min(left), tasks.min(pending));
            if without_progress == PATIENCE {
                return;
            }
        }
    }
}
