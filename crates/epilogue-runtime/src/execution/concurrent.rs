//! The tasks of one list, several at a time, in one future.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::task::coop;

use super::{CountedRunning, end::End, one};
use crate::{BatchReport, Origin, Runner, task::Queued};

pub(super) async fn run(
    runner: &Runner,
    origin: &Origin,
    tasks: &mut [Queued],
    at_a_time: usize,
    report: &mut BatchReport,
) {
    let mut waiting = tasks.iter_mut().map(|task| start(runner, origin, task));
    // `FuturesUnordered` polls new futures in the order in which they came, so tasks start in the order added.
    let mut running: FuturesUnordered<_> = waiting.by_ref().take(at_a_time).collect();
    while let Some((task, end, took)) = running.next().await {
        end.settle(runner, origin, task, took, report);
        running.extend(waiting.next());
        coop::consume_budget().await;
    }
}

async fn start<'t>(
    runner: &Runner,
    origin: &Origin,
    task: &'t mut Queued,
) -> (&'t mut Queued, End, Option<Duration>) {
    let _running = CountedRunning::new(&runner.shared().counters);
    let (end, took) = one::run(runner, origin, task, None).await;
    (task, end, took)
}
