//! Blocking tasks: on tokio's blocking pool, not too many at once.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};
use tracing::Span;

use super::end::End;
use crate::{
    Runner, TaskFailure,
    panics::{self, Payload},
    stats::Counters,
    task::BlockingWork,
};

/// Calls a function, which has begun when this returns: until it has its place it does not count as running, and no time of it passes.
pub(super) async fn call(runner: &Runner, span: &Span, function: BlockingWork) -> Call {
    let function = panics::Quiet::new(function);
    let shared = runner.shared();
    let _waits = CountedWaiting::new(&shared.counters);
    let permit =
        Arc::clone(&shared.blocking_permits).acquire_owned().await.expect("the semaphore is never closed");
    // The function keeps both to its end, also when its time is up and nobody waits for it any more: there is no way
    // to stop it, so it still fills its place, and a shutdown still waits for it.
    let kept = (permit, shared.blocking.token());
    let (runner, span) = (runner.clone(), span.clone());
    let (begins, has_begun) = oneshot::channel();
    let call = Call(spawn_blocking(move || {
        let _kept = kept;
        // What a drain has named as abandoned must not run afterwards.
        if runner.is_cut() {
            return None;
        }
        // Nobody may be left who waits for it.
        let _ = begins.send(());
        Some(panics::catch(|| span.in_scope(function.take())))
    }));
    match has_begun.await {
        Ok(()) => call,
        // A drain's deadline, or the end of the runtime: this batch is about to be dropped.
        Err(_) => pending().await,
    }
}

/// A call that is withdrawn when nobody waits for it, if it has not begun.
pub(super) struct Call(JoinHandle<Option<Result<Result<(), TaskFailure>, Payload>>>);

impl Call {
    pub(super) async fn ended(mut self, limit: Option<Duration>) -> End {
        let result = match limit {
            None => (&mut self.0).await,
            Some(limit) => match timeout(limit, &mut self.0).await {
                Ok(result) => result,
                Err(_) => return End::TimedOut(limit),
            },
        };
        match result {
            Ok(Some(result)) => End::from(result),
            // Likewise.
            Ok(None) | Err(_) => pending().await,
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A task that does not count as running until this is dropped.
struct CountedWaiting<'a>(&'a Counters);

impl<'a> CountedWaiting<'a> {
    fn new(counters: &'a Counters) -> Self {
        counters.stopped();
        Self(counters)
    }
}

impl Drop for CountedWaiting<'_> {
    fn drop(&mut self) {
        self.0.running();
    }
}
