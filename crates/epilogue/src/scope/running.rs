//! What a step comes to, how its panics are caught, and how a blocking one is called.

use std::any::Any;
use std::future::Future;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::StatusCode;
use pin_project_lite::pin_project;
use tracing::Span;

use super::{BoxFuture, Value};
use crate::param::Untaken;
use crate::response::{Failure, HttpError, RaisedError};
use crate::tasks::Runner;

/// What a step of the plan came to, or will.
#[doc(hidden)]
pub enum Running {
    /// A sync function, which has returned.
    Done(StepOutput),
    /// An async one, to be awaited.
    Waiting(BoxFuture<Result<StepOutput, Failure>>),
    /// A sync one, to be called on the blocking pool.
    Blocking(BlockingCall),
    /// It has failed.
    Failed(Failure),
    /// It could not run: its own values are invalid, or a dependency below it failed.
    Untaken(Untaken),
}

/// The call of a sync dependency under `blocking`.
pub(super) type BlockingCall = Box<dyn FnOnce() -> Result<Value, Failure> + Send>;

/// What a step leaves in its slot.
#[doc(hidden)]
pub enum StepOutput {
    /// A dependency's output, for all who ask for it.
    Shared(Value),
    /// The same from the blocking pool; its exit is already owed.
    Entered(Value),
    /// An extractor's value, for the one parameter that it belongs to.
    Own(Box<dyn Any + Send>),
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Done(_) => "Done",
            Self::Waiting(_) => "Waiting",
            Self::Blocking(_) => "Blocking",
            Self::Failed(_) => "Failed",
            Self::Untaken(_) => "Untaken",
        })
    }
}

impl std::fmt::Debug for StepOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StepOutput")
    }
}

impl Running {
    /// A sync dependency: calls it at once.
    pub fn returned<T: Send + Sync + 'static>(call: impl FnOnce() -> Result<T, Failure>) -> Self {
        match call() {
            Ok(output) => Self::Done(StepOutput::Shared(Arc::new(output))),
            Err(failure) => Self::Failed(failure),
        }
    }

    /// An async dependency.
    pub fn waiting<T: Send + Sync + 'static>(
        future: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Self {
        Self::Waiting(Box::pin(
            async move { future.await.map(|output| StepOutput::Shared(Arc::new(output))) },
        ))
    }

    /// A sync dependency under `blocking`.
    pub fn blocking<T: Send + Sync + 'static>(
        call: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Self {
        Self::Blocking(Box::new(|| call().map(|output| Arc::new(output) as Value)))
    }

    /// A value that is available at once, for the one parameter that it belongs to.
    pub(crate) fn extracted<T: Send + 'static>(result: Result<T, Failure>) -> Self {
        match result {
            Ok(extracted) => Self::Done(StepOutput::Own(Box::new(extracted))),
            Err(failure) => Self::Failed(failure),
        }
    }

    pub(crate) fn extracting<T: Send + 'static>(
        future: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Self {
        Self::Waiting(Box::pin(async move { future.await.map(|output| StepOutput::Own(Box::new(output))) }))
    }
}

/// Calls a sync function; its panic becomes the request's failure.
pub(crate) fn caught_now<T>(call: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).map_err(Failure::panicked)
}

pin_project! {
    struct Caught<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Failure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        poll_caught(self.project().future, context)
    }
}

/// Awaits a future; its panic becomes the request's failure.
// An async function would have two places for the future: one for its argument, and one for what it pins.
pub(crate) fn caught<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Failure>> {
    Caught { future }
}

/// The same for one poll.
pub(crate) fn poll_caught<F: Future + ?Sized>(
    future: Pin<&mut F>,
    context: &mut Context<'_>,
) -> Poll<Result<F::Output, Failure>> {
    match caught_now(|| future.poll(context)) {
        Ok(polled) => polled.map(Ok),
        Err(failure) => Poll::Ready(Err(failure)),
    }
}

/// Drops a value of the user's, and catches the panic of its drop.
pub(crate) fn drop_caught<T>(value: T) {
    drop_each(iter::once(value));
}

/// Drops one value after another: if a second drop panicked while the first panic unwinds, the process would abort.
pub(crate) fn drop_each<T>(mut values: impl Iterator<Item = T>) {
    let mut all = || values.by_ref().for_each(drop);
    while let Err(failure) = caught_now(&mut all) {
        tracing::error!(
            ?failure,
            "something that was left behind panicked when it was dropped: a dependency or its output, an error, an extension, or the body of a reply"
        );
    }
}

/// Calls a sync function on the blocking pool.
pub(super) async fn blocking<T: Send + 'static>(
    runner: Runner,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    // The function cannot be stopped. Even if nobody waits for it any more, a shutdown does, before it takes away what the function uses.
    let token = runner.blocking_call();
    let span = Span::current();
    let call = move || {
        let _token = token;
        span.in_scope(call)
    };
    tokio::task::spawn_blocking(call).await.map_err(|error| match error.try_into_panic() {
        Ok(payload) => Failure::panicked(payload),
        Err(_cancelled) => {
            let detail = "the runtime shut down before the function ran";
            HttpError::new(StatusCode::SERVICE_UNAVAILABLE, detail).raise()
        }
    })
}
