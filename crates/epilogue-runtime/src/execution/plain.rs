//! Tasks that are futures without options, as most are: one after another, as many in one poll as end in it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::end::End;
use crate::{
    BatchReport, TaskFailure, TaskOutcome,
    list::List,
    panics,
    task::{Queued, TaskFuture},
};

/// How many tasks may end in one poll: tasks that never wait would keep their thread from everything else.
const AT_ONCE: usize = 128;

pin_project! {
    /// Runs plain tasks until one is not plain, or [`AT_ONCE`] have ended in one poll. The output is how many have ended. Only for a
    /// runner without observers.
    pub(super) struct Plain<'a> {
        pub(super) list: &'a List,
        pub(super) tasks: &'a mut [Queued],
        pub(super) report: &'a mut BatchReport,
        pub(super) ended: usize,
        // Of the first task that has not ended.
        #[pin]
        pub(super) future: Option<TaskFuture>,
    }

    impl PinnedDrop for Plain<'_> {
        fn drop(this: Pin<&mut Self>) {
            panics::drop_future(this.project().future);
        }
    }
}

impl Future for Plain<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let mut left = AT_ONCE;
        // Goes round again only after a task that did not end well.
        loop {
            let end = match panics::catch(|| self.as_mut().poll_tasks(cx, &mut left)) {
                Ok(Pause::Waiting) => return Poll::Pending,
                Ok(Pause::Enough | Pause::NotPlain) => return Poll::Ready(self.ended),
                Ok(Pause::Failed(failure)) => End::Failed(failure),
                Err(payload) => End::Panicked(panics::message(payload)),
            };
            self.as_mut().settle(end);
        }
    }
}

/// Why no further task was polled.
enum Pause {
    Waiting,
    Enough,
    /// Or there is none left.
    NotPlain,
    Failed(TaskFailure),
}

impl Plain<'_> {
    fn poll_tasks(self: Pin<&mut Self>, cx: &mut Context<'_>, left: &mut usize) -> Pause {
        let mut this = self.project();
        let counters = this.list.runner.counters();
        while let Some(task) = this.tasks.get_mut(*this.ended) {
            if *left == 0 {
                return Pause::Enough;
            }
            if this.future.is_none() {
                this.future.set(task.take_plain());
            }
            let Some(future) = this.future.as_mut().as_pin_mut() else { return Pause::NotPlain };
            // Before the poll, because a task that panics takes its time too.
            *left -= 1;
            let Poll::Ready(result) = future.poll(cx) else {
                task.attempts = 1;
                return Pause::Waiting;
            };
            if let Err(failure) = result {
                return Pause::Failed(failure);
            }
            // The drop of the future may panic, so the task has not ended well until it is gone.
            this.future.set(None);
            task.ended = true;
            counters.ended(TaskOutcome::Succeeded);
            this.report.succeeded += 1;
            *this.ended += 1;
        }
        Pause::NotPlain
    }

    fn settle(self: Pin<&mut Self>, end: End) {
        let this = self.project();
        let Some(task) = this.tasks.get_mut(*this.ended) else { return };
        *this.ended += 1;
        task.attempts = 1;
        panics::drop_future(this.future);
        end.settle(this.list, task, None, this.report);
    }
}
