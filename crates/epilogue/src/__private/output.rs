//! How a dependency runs.

use std::marker::PhantomData;

use crate::graph::fuel::unfinished;
use crate::response::Failure;
use crate::scope::Running;

/// A dependency's output, if the type can be one: see [`Usable`](crate::param::Usable).
#[derive(Debug)]
pub struct Output<T>(PhantomData<T>);

impl<T: Send + Sync + 'static> Output<T> {
    pub fn returned(call: impl FnOnce() -> Result<T, Failure>) -> Running {
        Running::returned(call)
    }

    pub fn waiting<F>(
        future: F,
        output: impl FnOnce(F::Output) -> Result<T, Failure> + Send + 'static,
    ) -> Running
    where
        F: Future + 'static,
        F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
    {
        Running::waiting(async move { output(future.await) })
    }

    pub fn blocking(call: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Running {
        Running::blocking(call)
    }
}

/// Fails the build of the crate that uses it. No type has that size, but rustc finds out only once `T` is known, so this crate builds.
const fn unshared<T>() {
    assert!(
        size_of::<T>() == usize::MAX,
        "the output of a generic dependency is shared: bound its type parameter by `Send + Sync + 'static`"
    );
}

/// An output that cannot be shared, which an assertion has reported. Only a type parameter can get past that assertion: when its bound is
/// the assertion's own trait.
pub trait NotShared<T> {
    fn returned(_: impl FnOnce() -> Result<T, Failure>) -> Running {
        const { unshared::<T>() };
        unfinished()
    }

    fn waiting<F: Future>(_: F, _: impl FnOnce(F::Output) -> Result<T, Failure>) -> Running {
        const { unshared::<T>() };
        unfinished()
    }

    fn blocking(_: impl FnOnce() -> Result<T, Failure>) -> Running {
        const { unshared::<T>() };
        unfinished()
    }
}

impl<T> NotShared<T> for Output<T> {}
