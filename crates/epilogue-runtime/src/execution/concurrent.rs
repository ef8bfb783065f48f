//! The tasks of one list, several at a time, in one future.

use std::{
    future::poll_fn,
    mem,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::task::coop;

use super::{
    counted::CountedRunning,
    end::End,
    one::{self, Place, Ran},
};
use crate::{BatchReport, list::List, runner::LiveId, task::Queued};

pub(super) async fn run(
    list: &List,
    tasks: &mut [Queued],
    at_a_time: usize,
    report: &mut BatchReport,
    batch: Option<LiveId>,
) {
    let to_retry = AtomicUsize::new(0);
    let mut waiting = tasks.iter_mut().map(|task| start(list, task, &to_retry));
    // `FuturesUnordered` polls new futures in the order in which they came, so tasks start in the order added.
    let mut running: FuturesUnordered<_> = waiting.by_ref().take(at_a_time).collect();
    while !running.is_empty() {
        let ended = poll_fn(|cx| match running.poll_next_unpin(cx) {
            Poll::Pending if to_retry.load(Ordering::Relaxed) == running.len() => Poll::Ready(None),
            ended => ended,
        });
        if let Some((task, end, took)) = ended.await {
            end.settle(list, task, took, report);
            running.extend(waiting.next());
            coop::consume_budget().await;
        } else {
            // They all wait to be tried again.
            list.runner.paused(batch, woken()).await;
        }
    }
}

/// Waits until what was polled just before, in the same task, wants to be polled again.
async fn woken() {
    let mut is_woken = false;
    poll_fn(|_| if mem::replace(&mut is_woken, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

async fn start<'t>(
    list: &List,
    task: &'t mut Queued,
    to_retry: &AtomicUsize,
) -> (&'t mut Queued, End, Option<Duration>) {
    let _running = CountedRunning::new(list.runner.counters());
    let Ran { end, took, .. } = one::run(list, task, Place::Shared(to_retry)).await;
    (task, end, took)
}
