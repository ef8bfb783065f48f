//! Tasks that are futures without options, which most are: one after another, as many in one poll as end in it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::end::End;
use crate::{BatchReport, Origin, Runner, TaskOutcome, panics, task::Queued};

/// How many tasks may end in one poll: tasks that never wait would keep their thread from all others.
const AT_ONCE: usize = 128;

/// Runs plain tasks, up to the first that is not or as many as may end in one poll; the output is how many have ended. Nobody may
/// observe them.
pub(super) struct Plain<'a> {
    pub(super) runner: &'a Runner,
    pub(super) origin: &'a Origin,
    pub(super) tasks: &'a mut [Queued],
    pub(super) report: &'a mut BatchReport,
    pub(super) ended: usize,
}

impl Future for Plain<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let mut left = AT_ONCE;
        // Only a task that does not end well ends the inner loop before its time.
        loop {
            let end = match panics::catch(|| self.poll_tasks(cx, &mut left)) {
                Ok(Pause::Waiting) => return Poll::Pending,
                Ok(Pause::Enough | Pause::NotPlain) => return Poll::Ready(self.ended),
                Ok(Pause::Failed(failure)) => End::Failed(failure),
                Err(payload) => End::Panicked(panics::message(payload)),
            };
            self.settle(end);
        }
    }
}

/// Why no further task was polled.
enum Pause {
    Waiting,
    Enough,
    /// Also when there is none left.
    NotPlain,
    Failed(crate::TaskFailure),
}

impl Plain<'_> {
    fn poll_tasks(&mut self, cx: &mut Context<'_>, left: &mut usize) -> Pause {
        let counters = &self.runner.shared().counters;
        while let Some(task) = self.tasks.get_mut(self.ended) {
            let Some(future) = task.plain() else { return Pause::NotPlain };
            if *left == 0 {
                return Pause::Enough;
            }
            let Poll::Ready(result) = future.as_mut().poll(cx) else {
                task.attempts = 1;
                return Pause::Waiting;
            };
            *left -= 1;
            task.attempts = 1;
            if let Err(failure) = result {
                return Pause::Failed(failure);
            }
            // The task has not ended well before its future is gone, which may panic.
            task.work = None;
            task.ended = true;
            counters.ended(TaskOutcome::Succeeded);
            self.report.succeeded += 1;
            self.ended += 1;
        }
        Pause::NotPlain
    }

    fn settle(&mut self, end: End) {
        let Some(task) = self.tasks.get_mut(self.ended) else { return };
        self.ended += 1;
        task.attempts = 1;
        let work = task.work.take();
        panics::quietly("a future that was dropped", || drop(work));
        end.settle(self.runner, self.origin, task, None, self.report);
    }
}
