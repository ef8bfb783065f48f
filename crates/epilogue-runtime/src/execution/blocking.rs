//! Blocking tasks: on tokio's blocking pool, not too many at once.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};
use tracing::Span;

use super::end::End;
use crate::{
    Runner, TaskFailure,
    panics::{self, Payload},
    task::BlockingWork,
};

pub(super) async fn run(
    runner: &Runner,
    span: &Span,
    function: BlockingWork,
    limit: Option<Duration>,
) -> End {
    let shared = runner.shared();
    let permit =
        Arc::clone(&shared.blocking_permits).acquire_owned().await.expect("the semaphore is never closed");
    // The function keeps both to its end, also when its time is up and nobody waits for it any more: there is no way
    // to stop it, so it still fills its place, and a shutdown still waits for it.
    let kept = (permit, shared.blocking.token());
    let (runner, span) = (runner.clone(), span.clone());
    let mut call = Unstarted(spawn_blocking(move || {
        let _kept = kept;
        // What a drain has named as abandoned must not run afterwards.
        if runner.is_cut() {
            return None;
        }
        Some(panics::catch(|| span.in_scope(function)))
    }));
    // The clock starts when the task has its place: the wait for it is not the task's fault.
    let result = match limit {
        None => (&mut call.0).await,
        Some(limit) => match timeout(limit, &mut call.0).await {
            Ok(result) => result,
            Err(_) => return End::TimedOut(limit),
        },
    };
    match result {
        Ok(Some(result)) => End::from(result),
        // A drain's deadline, or the end of the runtime: this batch is about to be dropped.
        Ok(None) | Err(_) => pending().await,
    }
}

/// A call that is withdrawn when nobody waits for it, if it has not begun.
struct Unstarted(JoinHandle<Option<Result<Result<(), TaskFailure>, Payload>>>);

impl Drop for Unstarted {
    fn drop(&mut self) {
        self.0.abort();
    }
}
