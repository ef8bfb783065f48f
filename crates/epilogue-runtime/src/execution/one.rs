//! One task, from its first attempt to its end.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};

use super::{blocking, end::End};
use crate::{
    Origin, Runner, TaskObserver,
    panics::{self, Caught},
    runner::LiveId,
    task::{Attempts, Kind, Queued, Repeated, TaskOptions, Work},
};

/// What becomes of a batch's place among those that run at once while a task of it waits to be tried again.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The batch does nothing else meanwhile, so it leaves its place, if it has one.
    Own(Option<LiveId>),
    /// Others of its tasks may run meanwhile: this counts those that wait.
    Shared(&'a AtomicUsize),
}

/// Runs a task. The clock is read only if someone wants to know how long it took.
pub(super) async fn run(
    runner: &Runner,
    origin: &Origin,
    task: &mut Queued,
    place: Place<'_>,
) -> (End, Option<Duration>) {
    let mut begun = None;
    let work = task.work.take().expect("a task begins once");
    let end = match work {
        Work::Call(Kind::Async(future)) if task.timeout().is_none() => {
            begin(runner, origin, task, &mut begun);
            End::from(Caught::new(future, task.span()).await)
        }
        // Timers, retries and the blocking pool make a large future, which the common case should not carry.
        Work::Call(call) => Box::pin(attempt(runner, origin, task, &mut begun, call)).await,
        Work::Task(repeated) => {
            let mut repeated = panics::Quiet::new(repeated);
            Box::pin(repeat(runner, origin, task, &mut begun, &mut **repeated.get_mut(), place)).await
        }
    };
    (end, begun.map(|begun| begun.elapsed()))
}

/// An attempt begins: `begun` is when the first one did.
fn begin(runner: &Runner, origin: &Origin, task: &mut Queued, begun: &mut Option<Instant>) {
    task.attempts += 1;
    if task.attempts == 1 {
        *begun = (runner.is_observed() || !task.span().is_disabled()).then(Instant::now);
        runner.observe(origin, task, None, None, &TaskObserver::started);
    }
}

async fn attempt(
    runner: &Runner,
    origin: &Origin,
    task: &mut Queued,
    begun: &mut Option<Instant>,
    work: Kind,
) -> End {
    let limit = task.timeout();
    match work {
        Kind::Async(future) => {
            begin(runner, origin, task, begun);
            let future = Caught::new(future, task.span());
            match limit {
                None => End::from(future.await),
                Some(limit) => match timeout(limit, future).await {
                    Ok(result) => End::from(result),
                    Err(_) => End::TimedOut(limit),
                },
            }
        }
        Kind::Blocking(function) => {
            let call = blocking::call(runner, task.span(), function).await;
            begin(runner, origin, task, begun);
            call.ended(limit).await
        }
        Kind::CannotBegin(failure) => {
            begin(runner, origin, task, begun);
            End::NotBegun(failure)
        }
    }
}

/// A `#[task]`: attempt after attempt.
async fn repeat(
    runner: &Runner,
    origin: &Origin,
    task: &mut Queued,
    begun: &mut Option<Instant>,
    repeated: &mut Repeated<dyn Attempts>,
    place: Place<'_>,
) -> End {
    let options = repeated.options;
    let mut waits = None;
    loop {
        let is_last = task.attempts >= options.retries;
        let end = match panics::catch(|| repeated.attempts.attempt(runner.context(), is_last)) {
            Ok(Some(running)) => attempt(runner, origin, task, begun, running.0).await,
            Ok(None) => {
                unreachable!("a task was tried again after its last attempt, which is a bug in epilogue")
            }
            Err(payload) => {
                begin(runner, origin, task, begun);
                End::Panicked(panics::message(payload))
            }
        };
        if is_last || !again(&end, options) || runner.is_cut() {
            return end;
        }
        let wait = waits.get_or_insert_with(|| options.backoff.waits()).next().unwrap_or_default();
        let error = end.message().unwrap_or_default();
        tracing::warn!(
            target: "epilogue::task",
            parent: task.span(),
            task = %task.name(), request = %origin, attempt = task.attempts, source = %task.source, error, ?wait,
            "task {}: will be tried again", end.outcome(),
        );
        runner.shared().counters.retried();
        let took = begun.map(|begun| begun.elapsed());
        runner.observe(origin, task, took, Some(&error), &TaskObserver::retried);
        task.set_last_error(error);
        match place {
            Place::Own(batch) => runner.paused(batch, sleep(wait)).await,
            Place::Shared(waiting) => {
                waiting.fetch_add(1, Ordering::Relaxed);
                sleep(wait).await;
                waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

fn again(end: &End, options: TaskOptions) -> bool {
    match end {
        End::Failed(_) => true,
        End::Panicked(_) => options.retry_on_panic,
        End::Succeeded | End::NotBegun(_) | End::TimedOut(_) => false,
    }
}
