//! One task, from its first attempt to its end.

use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep, timeout},
};

use super::{blocking, end::End};
use crate::{
    TaskObserver,
    list::List,
    panics::{self, Caught},
    runner::LiveId,
    task::{Attempts, BlockingWork, Kind, Queued, Repeated, TaskOptions, Work},
};

/// What becomes of a batch's place among those that run at once while a task of it waits for its next attempt.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The batch does nothing else meanwhile, so it leaves its place, if it has one.
    Own(Option<LiveId>),
    /// Others of its tasks may run meanwhile: this counts those that wait.
    Shared(&'a AtomicUsize),
}

/// What has become of a task.
pub(super) struct Ran {
    pub(super) end: End,
    /// If someone wants to know it.
    pub(super) took: Option<Duration>,
    /// The batch, if it has left its place and needs one again before anything else of it runs.
    pub(super) left: Option<LiveId>,
}

/// Runs a task; the clock is read only if someone wants to know how long it took.
pub(super) async fn run(list: &List, task: &mut Queued, place: Place<'_>) -> Ran {
    let work = task.work.take().expect("a task begins once");
    let mut one = OneTask { list, task, begun: None, left: None };
    let end = match work {
        Work::Call(Kind::Async(future)) if one.task.timeout().is_none() => {
            one.begin();
            End::from(Caught::new(future, one.task.span()).await)
        }
        // Timers, retries and the blocking pool make a large future, which the common case should not carry.
        Work::Call(call) => Box::pin(one.attempt(call, place)).await,
        Work::Task(repeated) => {
            let mut repeated = panics::Quiet::new(repeated);
            Box::pin(one.repeat(&mut **repeated.get_mut(), place)).await
        }
    };
    Ran { end, took: one.took(), left: one.left }
}

struct OneTask<'t> {
    list: &'t List,
    task: &'t mut Queued,
    /// When its first attempt began, if someone wants to know how long it took.
    begun: Option<Instant>,
    /// The batch, if it has left its place.
    left: Option<LiveId>,
}

impl OneTask<'_> {
    /// An attempt begins.
    fn begin(&mut self) {
        let Self { list, task, begun, .. } = self;
        task.attempts += 1;
        if task.attempts == 1 {
            *begun = (list.runner.is_observed() || !task.span().is_disabled()).then(Instant::now);
            list.runner.observe(&list.origin, task, None, None, &TaskObserver::started);
        }
    }

    fn took(&self) -> Option<Duration> {
        self.begun.map(|begun| begun.elapsed())
    }

    async fn attempt(&mut self, work: Kind, place: Place<'_>) -> End {
        let limit = self.task.timeout();
        match work {
            Kind::Async(future) => {
                self.begin();
                let future = Caught::new(future, self.task.span());
                within(limit, future).await.map_or_else(End::TimedOut, End::from)
            }
            Kind::Blocking(function) => {
                let (runner, function) = (&self.list.runner, panics::Quiet::new(function));
                if let Some(permit) = runner.try_blocking_permit() {
                    return self.call(function, ready(permit), limit).await;
                }
                // Functions that hang keep their permits. If all who wait for one kept their places, no other batch would run either.
                // The batch needs no place again before the function has ended: it would wait for one with a permit that others may need.
                self.leave(place);
                self.call(function, runner.blocking_permit(), limit).await
            }
            Kind::CannotBegin(failure) => {
                self.begin();
                End::NotBegun(failure)
            }
        }
    }

    /// Leaves the place of the batch to others, if it is the task's own and has not been left.
    fn leave(&mut self, place: Place<'_>) {
        if let (Place::Own(Some(id)), None) = (place, self.left) {
            self.list.runner.leave_place(id);
            self.left = Some(id);
        }
    }

    async fn call(
        &mut self,
        function: panics::Quiet<BlockingWork>,
        permit: impl Future<Output = OwnedSemaphorePermit>,
        limit: Option<Duration>,
    ) -> End {
        let call = blocking::call(&self.list.runner, self.task.span(), function, permit).await;
        self.begin();
        call.ended(limit).await
    }

    /// A `#[task]`: attempt after attempt.
    async fn repeat(&mut self, repeated: &mut Repeated<dyn Attempts>, place: Place<'_>) -> End {
        let runner = &self.list.runner;
        let options = repeated.options;
        let mut waits = None;
        loop {
            let is_last = self.task.attempts >= options.retries;
            let end = match panics::catch(|| repeated.attempts.attempt(runner.context(), is_last)) {
                Ok(Some(running)) => self.attempt(running.0, place).await,
                Ok(None) => {
                    unreachable!("a task was tried again after its last attempt, which is a bug in epilogue")
                }
                Err(payload) => {
                    self.begin();
                    End::Panicked(panics::message(payload))
                }
            };
            if is_last || !again(&end, options) || runner.is_cut() {
                return end;
            }
            let wait = waits.get_or_insert_with(|| options.backoff.waits()).next().unwrap_or_default();
            self.note_retry(&end, wait);
            self.leave(place);
            match place {
                Place::Own(_) => sleep(wait).await,
                Place::Shared(waiting) => {
                    waiting.fetch_add(1, Ordering::Relaxed);
                    sleep(wait).await;
                    waiting.fetch_sub(1, Ordering::Relaxed);
                }
            }
            if let Some(id) = self.left.take() {
                runner.take_place_again(id).await;
            }
        }
    }

    /// Counts, logs and reports an attempt that another one will follow.
    fn note_retry(&mut self, end: &End, wait: Duration) {
        let took = self.took();
        let Self { list, task, .. } = self;
        let (runner, origin) = (&list.runner, &list.origin);
        let error = end.message().unwrap_or_default();
        tracing::warn!(
            target: "epilogue::task",
            parent: task.span(),
            task = %task.name(), request = %origin, attempt = task.attempts, source = %task.source, error, ?wait,
            "task {}: will be tried again", end.outcome(),
        );
        runner.counters().retried();
        runner.observe(origin, task, took, Some(&error), &TaskObserver::retried);
        task.set_last_error(error);
    }
}

/// Awaits a future; the error is the limit, if that comes first.
pub(super) async fn within<F: Future>(limit: Option<Duration>, future: F) -> Result<F::Output, Duration> {
    match limit {
        None => Ok(future.await),
        Some(limit) => timeout(limit, future).await.map_err(|_| limit),
    }
}

fn again(end: &End, options: TaskOptions) -> bool {
    match end {
        End::Failed(_) => true,
        End::Panicked(_) => options.retry_on_panic,
        End::Succeeded | End::NotBegun(_) | End::TimedOut(_) => false,
    }
}
