//! The exit of a dependency that was entered, which is owed until it has ended.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use tokio::sync::oneshot;
use tracing::{Level, Span};

use super::{BoxFuture, RunExit, Value, drop_caught, poll_caught};
use crate::dependency::Outcome;
use crate::graph::DependencyScope;
use crate::response::Failure;
use crate::tasks::{BackgroundTasks, Origin};

/// An exit that is owed until it has ended. If it is cut off, it goes on elsewhere from where it was.
pub(super) struct Exit {
    pub(super) function: &'static str,
    pub(super) scope: DependencyScope,
    pub(super) stage: ExitStage,
    /// What it runs in. One of function scope runs in its request's.
    pub(super) span: Span,
}

pub(super) enum ExitStage {
    /// A function is being called on the blocking pool, where it cannot be stopped: a dependency's output arrives even if nobody waits
    /// for it any more. A function without an exit of its own still delays the exits of what was entered before it, since it may use
    /// their outputs until it ends.
    Enters(Option<RunExit>, oneshot::Receiver<Value>),
    Waits(RunExit, Value),
    /// With the output, which must not be dropped when the exit panics: its drop may panic too.
    Runs(BoxFuture<Result<(), Failure>>, Value),
    /// Nothing was entered.
    Ended,
}

impl Exit {
    pub(super) fn new(function: &'static str, scope: DependencyScope, stage: ExitStage) -> Self {
        Self { function, scope, stage, span: Span::none() }
    }

    /// Gives it a span of its own. As with a task, this is done while the request's span can still be linked.
    pub(super) fn leaves_request(&mut self, origin: &Origin) {
        let is_exit = !matches!(self.stage, ExitStage::Enters(None, _));
        if !is_exit || !tracing::enabled!(target: "epilogue::exit", Level::INFO) {
            return;
        }
        self.span = tracing::info_span!(
            target: "epilogue::exit",
            parent: None,
            "exit",
            dependency = self.function,
            request = %origin.name,
            request_id = origin.id,
        );
        self.span.follows_from(Span::current());
    }

    /// Whether the function is still being called on the blocking pool.
    pub(super) fn is_entering(&mut self) -> bool {
        pin!(self.enter()).poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    /// Waits for the end of the call on the blocking pool. If the function has failed, there is nothing to exit.
    pub(super) async fn enter(&mut self) {
        if let ExitStage::Enters(run, entered) = &mut self.stage {
            self.stage = match (entered.await, *run) {
                (Ok(value), Some(run)) => ExitStage::Waits(run, value),
                _ => ExitStage::Ended,
            };
        }
    }

    /// The exit gets the `outcome` of the call in which it begins. Tasks count as the exit's own only while it runs: before that, a
    /// function on the blocking pool may still add tasks, which a failed request drops.
    pub(super) async fn run(
        &mut self,
        outcome: Arc<Outcome>,
        tasks: Option<&BackgroundTasks>,
    ) -> Result<(), Failure> {
        self.enter().await;
        if let ExitStage::Waits(run, value) = &self.stage {
            self.stage = ExitStage::Runs(run(Arc::clone(value), outcome), Arc::clone(value));
        }
        let ExitStage::Runs(future, _) = &mut self.stage else { return Ok(()) };
        let take_all = |all| tasks.inspect(|tasks| tasks.take_all(all));
        take_all(true);
        let span = &self.span;
        let ended = poll_fn(|context| {
            let _entered = (!span.is_disabled()).then(|| span.enter());
            poll_caught(future.as_mut(), context)
        });
        let result = ended.await.flatten();
        let entered = span.enter();
        self.stage.end();
        drop(entered);
        take_all(false);
        result
    }
}

impl ExitStage {
    /// Drops the future and the output one by one: either may panic.
    fn end(&mut self) {
        match std::mem::replace(self, Self::Ended) {
            Self::Runs(future, value) => {
                drop_caught(future);
                drop_caught(value);
            }
            stage => drop_caught(stage),
        }
    }
}

/// Several may be dropped in one go.
impl Drop for Exit {
    fn drop(&mut self) {
        self.stage.end();
    }
}
