//! Blocking tasks: on tokio's blocking pool, not too many at once.

use std::{future::pending, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    task::spawn_blocking,
};
use tokio_util::task::AbortOnDropHandle;
use tracing::Span;

use super::{counted::CountedWaiting, end::End, one::within};
use crate::{Runner, panics, task::BlockingWork};

/// Calls a function, and returns once it has begun: while it waits for that, it does not count as running and its timeout does not run.
pub(super) async fn call(
    runner: &Runner,
    span: &Span,
    function: panics::Quiet<BlockingWork>,
    permit: impl Future<Output = OwnedSemaphorePermit>,
) -> Call {
    let _waits = CountedWaiting::new(runner.counters());
    let permit = permit.await;
    let (runner, span) = (runner.clone(), span.clone());
    let (begins, has_begun) = oneshot::channel();
    let call = spawn_blocking(move || {
        // The function keeps both until it ends, even if its time is up and nobody waits for it any more: it cannot be stopped, so it
        // still needs its permit, and a shutdown still waits for it. Before it begins, a shutdown can withdraw it.
        let _kept = (permit, runner.blocking_call());
        // What a drain has named as abandoned must not run afterwards.
        if runner.is_cut() {
            return None;
        }
        // An error means that nobody waits for it any more.
        let _ = begins.send(());
        Some(End::from(panics::catch(|| span.in_scope(function.take()))))
    });
    let call = Call(AbortOnDropHandle::new(call));
    match has_begun.await {
        Ok(()) => call,
        // A drain's deadline, or the end of the runtime: this batch is about to be dropped.
        Err(_) => pending().await,
    }
}

/// A call. If it has not begun, dropping this withdraws it.
pub(super) struct Call(AbortOnDropHandle<Option<End>>);

impl Call {
    pub(super) async fn ended(self, limit: Option<Duration>) -> End {
        match within(limit, self.0).await {
            Ok(Ok(Some(end))) => end,
            // As above: the batch is about to be dropped.
            Ok(Ok(None) | Err(_)) => pending().await,
            Err(limit) => End::TimedOut(limit),
        }
    }
}
