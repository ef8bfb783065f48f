//! A batch while it waits and runs.

mod blocking;
mod concurrent;
mod end;
mod one;
mod plain;

use plain::Plain;
use tokio::{task::coop, time::Instant};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::{
    BackgroundTasks, Batch, BatchReport, FailedTask, Origin, Runner, TaskOutcome, finally::Finally,
    stats::Counters, task::Queued,
};

/// A batch while it waits and runs. Whatever happens to it, its drop answers for what it has not run.
#[derive(Debug)]
pub(crate) struct Execution {
    runner: Runner,
    origin: Origin,
    list: Option<BackgroundTasks>,
    /// What was taken from the list and is being run, in place.
    chunk: Vec<Queued>,
    report: BatchReport,
    /// The first one is next.
    finally: Vec<Finally>,
    since: Instant,
    /// The runner's number for it, once admitted.
    pub(crate) number: Option<u64>,
    finished: bool,
    /// Dropped last: who waits for the runner to be idle finds everything counted.
    token: Option<TaskTrackerToken>,
}

impl Execution {
    pub(crate) fn new(runner: &Runner, batch: Batch) -> Self {
        Self {
            origin: batch.origin,
            list: batch.tasks,
            chunk: Vec::new(),
            report: BatchReport::default(),
            finally: batch.finally,
            since: Instant::now(),
            number: None,
            finished: false,
            token: Some(runner.shared().batches.token()),
            runner: runner.clone(),
        }
    }

    /// For a list that is run where it is.
    pub(crate) fn inline(tasks: BackgroundTasks) -> Self {
        let runner = tasks.list.runner.clone();
        let mut execution = Self::new(&runner, Batch::new(tasks));
        // It is its caller who waits for it.
        execution.token = None;
        execution
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    pub(crate) async fn run_inline(mut self) -> BatchReport {
        self.run_tasks().await;
        self.finished = true;
        std::mem::take(&mut self.report)
    }

    /// In a box: it is moved about before it runs, and into the runtime's task.
    pub(crate) async fn run(mut self: Box<Self>) {
        self.run_tasks().await;
        if !self.finally.is_empty() {
            self.run_finally().await;
        }
        while !self.list.as_ref().is_none_or(|tasks| tasks.list.finish()) {
            self.run_tasks().await;
        }
        self.finished = true;
    }

    /// Runs the list until it is empty.
    async fn run_tasks(&mut self) {
        while let Some(at_a_time) = self.list.as_ref().and_then(|tasks| tasks.list.take(&mut self.chunk)) {
            if at_a_time > 1 && self.chunk.len() > 1 {
                let all =
                    concurrent::run(&self.runner, &self.origin, &mut self.chunk, at_a_time, &mut self.report);
                Box::pin(all).await;
            } else {
                // One of them runs at any moment, so this is counted once for all.
                let _running = CountedRunning::new(&self.runner.shared().counters);
                let mut ended = 0;
                while ended < self.chunk.len() {
                    if !self.runner.is_observed() {
                        let plain = Plain {
                            runner: &self.runner,
                            origin: &self.origin,
                            tasks: &mut self.chunk,
                            report: &mut self.report,
                            ended,
                        };
                        ended = plain.await;
                    }
                    let Some(task) = self.chunk.get_mut(ended) else { break };
                    let (end, took) = one::run(&self.runner, &self.origin, task).await;
                    end.settle(&self.runner, &self.origin, task, took, &mut self.report);
                    ended += 1;
                    // Tasks that never wait would keep their thread from all others.
                    coop::consume_budget().await;
                }
            }
            self.chunk.clear();
        }
    }

    async fn run_finally(&mut self) {
        // One at a time, so that those that have not begun stay with the batch and its drop can still see to them.
        while !self.finally.is_empty() {
            let exits = self.finally.remove(0);
            exits.run(&self.origin, self.report.clone()).await;
        }
    }

    /// The batch was dropped before its end: by a drain's deadline or with its runtime.
    fn cut_off(&mut self) {
        let mut left = std::mem::take(&mut self.chunk);
        if let Some(list) = &self.list {
            left.extend(list.list.give_up());
        }
        let age = self.since.elapsed();
        for task in left.into_iter().filter(|task| !task.ended) {
            self.report.failed.push(FailedTask {
                name: task.name(),
                outcome: TaskOutcome::Abandoned,
                message: "the shutdown's deadline came first".to_owned(),
                attempts: task.attempts,
                source: task.source,
            });
            self.runner.abandon(&self.origin, task, Some(age));
        }
        let finally = std::mem::take(&mut self.finally);
        if !finally.is_empty() {
            self.runner.run_exits(finally, self.origin.clone(), std::mem::take(&mut self.report));
        }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if !self.finished {
            self.cut_off();
        }
        if let Some(number) = self.number {
            // A panic ends no other batch: users' code cannot cause one here, but a subscriber or observer might.
            self.runner.ended(number, self.finished || std::thread::panicking());
        }
    }
}

/// A task that counts as running until this is dropped.
struct CountedRunning<'a>(&'a Counters);

impl<'a> CountedRunning<'a> {
    fn new(counters: &'a Counters) -> Self {
        counters.running(1);
        Self(counters)
    }
}

impl Drop for CountedRunning<'_> {
    fn drop(&mut self) {
        self.0.stopped(1);
    }
}
