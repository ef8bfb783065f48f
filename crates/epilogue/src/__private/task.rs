//! How a `#[task]` runs, and what its arguments are as data.

use std::marker::PhantomData;

use crate::app::{NotBuiltForTask, in_task};
use crate::dependency::{Dependency, Depends};
use crate::graph::check::check_task;
use crate::graph::fuel::{node_of, unfinished};
use crate::graph::verdict::Verdict;
use crate::tasks::{Running as TaskRunning, TaskContext, TaskFailure, TaskReturn};

/// Runs a `#[task]`, and passes on what it returns.
pub fn task_function<F, R: TaskReturn>(
    future: F,
    returned: impl FnOnce(F::Output) -> R + Send + 'static,
) -> TaskRunning
where
    F: Future + 'static,
    F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
{
    TaskRunning::future(async move { returned(future.await) })
}

/// An argument of a task, or all of them, if they are data: see [`Usable`](crate::param::Usable).
#[derive(Debug)]
pub struct Argument<T>(PhantomData<T>);

impl<T: Clone> Argument<T> {
    pub fn cloned(argument: &T) -> T {
        argument.clone()
    }
}

impl<T: serde::Serialize> Argument<T> {
    pub fn serialize<S: serde::Serializer>(argument: &T, serializer: S) -> Result<S::Ok, S::Error> {
        argument.serialize(serializer)
    }
}

impl<T: serde::de::DeserializeOwned> Argument<T> {
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// Arguments that are not data, which an assertion has reported.
pub trait NotData<T> {
    fn cloned(_: &T) -> T {
        unfinished()
    }

    fn serialize<S: serde::Serializer>(_: &T, _: S) -> Result<S::Ok, S::Error> {
        unfinished()
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(_: D) -> Result<T, D::Error> {
        unfinished()
    }
}

impl<T> NotData<T> for Argument<T> {}

/// A parameter of a task that gets the output of an app-scoped dependency, if it names one: see [`Usable`](crate::param::Usable).
#[derive(Debug)]
pub struct InTask<P>(PhantomData<P>);

impl<D: Dependency> InTask<Depends<D>> {
    pub const VERDICT: Verdict = check_task(node_of::<D>());

    pub fn take(context: &TaskContext) -> Result<Depends<D>, NotBuiltForTask> {
        in_task(context)
    }
}

/// A parameter that names no dependency, which is reported at the function itself.
pub trait NotInTask<P> {
    const VERDICT: Verdict = Verdict::RIGHT;

    fn take(_: &TaskContext) -> Result<P, NotBuiltForTask> {
        unfinished()
    }
}

impl<P> NotInTask<P> for InTask<P> {}

/// A task that could not begin.
#[expect(clippy::needless_pass_by_value, reason = "the generated code has no other use for it")]
pub fn task_failed(missing: NotBuiltForTask) -> TaskRunning {
    TaskRunning::cannot_begin(TaskFailure::from_error(&missing))
}

/// What a task returned, if a task may return that: see [`Usable`](crate::param::Usable).
#[derive(Debug)]
pub struct TaskReturned<T>(pub T);

/// Look-up on the macro's concrete type finds out whether the error has causes. `add_task` is generic and cannot do that.
impl<E: std::error::Error + 'static> TaskReturned<Result<(), E>> {
    pub fn into_return(self) -> Result<(), TaskFailure> {
        self.0.map_err(|error| TaskFailure::from_error(&error))
    }
}

/// Whatever else a task may return.
pub trait OtherReturn<T> {
    fn into_return(self) -> T;
}

impl<T: TaskReturn> OtherReturn<T> for TaskReturned<T> {
    fn into_return(self) -> T {
        self.0
    }
}

/// Asserts that a task may return this, for a type that has no name.
pub const fn returned_by_task<R: TaskReturn>(_: &R) {}

/// What a task may not return, which an assertion has reported.
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NoReturn {
    fn into_return(&self) {}
}

impl<T> NoReturn for TaskReturned<T> {}
