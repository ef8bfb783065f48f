//! A batch while it waits and runs.

mod blocking;
mod concurrent;
mod counted;
mod end;
mod one;
mod plain;

use std::{mem, sync::Arc};

use counted::CountedRunning;
use one::{Place, Ran};
use plain::Plain;
use tokio::{
    runtime::Handle,
    task::{coop, yield_now},
    time::Instant,
};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::{
    BatchReport, FailedTask, Lane, Origin, Reservation, TaskOutcome, finally::Finally, list::List,
    runner::LiveId, spare, task::Queued,
};

/// A batch from its creation to its end. Once it is submitted, its drop answers for what it has not run, whatever the reason for the drop.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) list: Arc<List>,
    /// Tasks that were taken from the list and are being run in place.
    chunk: Vec<Queued>,
    report: BatchReport,
    /// What follows the tasks. The first one runs, or is next.
    pub(crate) finally: Vec<Finally>,
    /// How many of these go before the tasks, and have not begun.
    before_tasks: u32,
    phase: Phase,
    /// Its place among the pending, if it has one.
    pub(crate) place: Option<Reservation>,
    /// When it was submitted.
    since: Option<Instant>,
    /// Where it is to run if it has to wait: the batch that it waits for may be on another runtime, or on one that is gone by then.
    pub(crate) runtime: Option<Handle>,
    /// Its entry in the registry, once it has been admitted.
    pub(crate) id: Option<LiveId>,
    /// Only for a batch. Dropped last, so that whoever waits for the runner to be idle finds everything counted.
    token: Option<TaskTrackerToken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The list still answers for its tasks.
    Unsubmitted,
    Submitted,
    Finished,
}

impl Execution {
    pub(crate) fn new(list: Arc<List>) -> Self {
        Self {
            list,
            chunk: Vec::new(),
            report: BatchReport::default(),
            finally: Vec::new(),
            before_tasks: 0,
            phase: Phase::Unsubmitted,
            place: None,
            since: None,
            runtime: None,
            id: None,
            token: None,
        }
    }

    /// Runs this before the tasks, and after what already goes before them.
    pub(crate) fn first(&mut self, before: Finally) {
        self.finally.insert(self.before_tasks as usize, before);
        self.before_tasks += 1;
    }

    pub(crate) fn submit(self: Box<Self>, lane: Option<&Lane>) {
        if self.list.submitted(!self.finally.is_empty()) {
            self.admit(lane);
        }
    }

    /// Called directly for a list that already counts as submitted, and for an execution that has waited.
    pub(crate) fn admit(mut self: Box<Self>, lane: Option<&Lane>) {
        let runner = self.list.runner.clone();
        self.begin();
        self.token = Some(runner.batch_token());
        runner.admit(self, lane);
    }

    fn begin(&mut self) {
        self.phase = Phase::Submitted;
        self.since.get_or_insert_with(Instant::now);
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.list.origin
    }

    pub(crate) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// For a list that is run in place: its caller waits for it, not a runner.
    pub(crate) async fn run_inline(mut self) -> BatchReport {
        self.begin();
        self.run_tasks(false).await;
        self.phase = Phase::Finished;
        mem::take(&mut self.report)
    }

    pub(crate) async fn run(mut self: Box<Self>) {
        loop {
            match self.before_tasks.checked_sub(1) {
                None => self.run_tasks(self.finally.is_empty()).await,
                Some(left) => self.before_tasks = left,
            }
            let Some(exits) = self.finally.first_mut() else { break };
            // Until it has ended it stays in the batch, whose drop sees to it.
            exits.run(&self.list.origin, &self.report).await;
            self.finally.remove(0);
        }
        spare::give(mem::take(&mut self.chunk));
        self.phase = Phase::Finished;
    }

    /// Runs the list until it is empty, which is its end if nothing follows.
    async fn run_tasks(&mut self, is_last: bool) {
        let list = &*self.list;
        let runner = &list.runner;
        while let Some(at_a_time) = list.take(&mut self.chunk, is_last) {
            if at_a_time > 1 && self.chunk.len() > 1 {
                let (tasks, report) = (&mut self.chunk, &mut self.report);
                Box::pin(concurrent::run(list, tasks, at_a_time, report, self.id)).await;
            } else {
                // Not a function of its own, whose future would be one more to set up for each small batch.
                // Exactly one of them runs at any moment, so they are counted as running once for all.
                let _running = CountedRunning::new(runner.counters());
                let mut ended = 0;
                while let Some(task) = self.chunk.get_mut(ended) {
                    if task.is_plain() && !runner.is_observed() {
                        let (tasks, report) = (&mut self.chunk, &mut self.report);
                        ended = Plain { list, tasks, report, ended, future: None }.await;
                        if self.chunk.get(ended).is_some_and(Queued::is_plain) {
                            // A real yield: a future that only wakes itself is polled again before its thread looks at sockets and timers.
                            yield_now().await;
                        }
                    } else {
                        let Ran { end, took, left } = one::run(list, task, Place::Own(self.id)).await;
                        end.settle(list, task, took, &mut self.report);
                        ended += 1;
                        if let Some(id) = left {
                            runner.take_place_again(id).await;
                        }
                        // Tasks that never wait would keep their thread from everything else.
                        coop::consume_budget().await;
                    }
                }
            }
            self.chunk.clear();
            // Tasks that add others may go on for ever, one short list after the other.
            coop::consume_budget().await;
            if is_last {
                // Nobody reads these, and a task that fails and adds itself again would make them grow for ever.
                self.report.failed.clear();
            }
        }
    }

    /// The batch was dropped before its end, by a drain's deadline or with its runtime; or a list that is run by hand was dropped.
    fn cut_off(&mut self) {
        let mut left = mem::take(&mut self.chunk);
        left.extend(self.list.give_up(self.token.is_some()));
        let (runner, origin) = (&self.list.runner, &self.list.origin);
        let age = self.since.map(|since| since.elapsed());
        for task in left.into_iter().filter(|task| !task.ended) {
            let message = "cut off before its end".to_owned();
            self.report.failed.push(FailedTask::new(&task, TaskOutcome::Abandoned, message));
            runner.abandon(origin, task, age);
        }
        let finally = mem::take(&mut self.finally);
        if !finally.is_empty() {
            runner.run_exits(finally, origin.clone(), mem::take(&mut self.report));
        }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if self.phase == Phase::Submitted {
            self.cut_off();
        }
        if let Some(id) = self.id {
            self.list.runner.ended(id, self.phase == Phase::Finished);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BackgroundTasks;

    #[tokio::test]
    async fn what_failed_is_kept_for_those_who_ask() {
        for (is_last, kept) in [(false, 1), (true, 0)] {
            let tasks = BackgroundTasks::new();
            let mut execution = Execution::new(Arc::clone(&tasks.list));
            tasks.add_task(async || Err("on purpose"), ());
            execution.run_tasks(is_last).await;
            assert_eq!(execution.report.failed.len(), kept);
        }
    }
}
