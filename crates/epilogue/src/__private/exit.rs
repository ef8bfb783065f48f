//! How the exit of a dependency runs.

use crate::graph::fuel::unfinished;
use crate::response::Failure;
use crate::scope::{BoxFuture, Value};

/// The output that an exit is called with.
pub fn output_of<T: 'static>(value: &Value) -> &T {
    value.downcast_ref().unwrap_or_else(|| {
        panic!("an exit was given the output of another dependency, which is a bug in epilogue")
    })
}

/// The exit of a dependency.
pub fn exit_function<F>(future: F) -> BoxFuture<Result<(), Failure>>
where
    F: Future<Output = Result<(), Failure>> + 'static,
    F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
{
    Box::pin(future)
}

/// What an exit returns when it is called.
#[diagnostic::on_unimplemented(
    message = "an exit is an async function, and this one returns `{Self}`",
    label = "not an async function",
    note = "write `async fn`, with a reference to the dependency's output and one to the `Outcome`"
)]
pub trait ExitFuture {}

#[diagnostic::do_not_recommend]
impl<F: Future> ExitFuture for F {}

/// Asserts that an exit is async.
pub fn exits_async<F: ExitFuture>(_: &F) {}

/// The call of an exit, if the exit is async: see [`Usable`](crate::param::Usable).
#[derive(Debug)]
pub struct Exiting<F>(pub F);

impl<F: Future> Exiting<F> {
    pub fn into_future(self) -> F {
        self.0
    }
}

/// An exit that is not async, which an assertion has reported.
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NotAsync {
    fn into_future(&self) -> std::future::Ready<()> {
        unfinished()
    }
}

impl<F> NotAsync for Exiting<F> {}
