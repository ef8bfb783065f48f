use std::fmt;

use stackfuture::StackFuture;

use super::{TaskFailure, TaskReturn, call::Call};

/// Lists hold many of these and move them, so each has room only for a function with a string and one more word; a larger future is boxed.
pub(crate) type TaskFuture = StackFuture<'static, Result<(), TaskFailure>, 40>;
pub(crate) type BlockingWork = Box<dyn FnOnce() -> Result<(), TaskFailure> + Send>;

/// One attempt at a task, ready to be run: a future, or a closure for the blocking pool.
///
/// Made by [`Task::run`](crate::Task::run):
///
/// ```
/// use epilogue_runtime::Running;
///
/// let asynchronous = Running::async_(async { Ok::<(), String>(()) });
/// let blocking = Running::blocking(|| std::thread::yield_now());
/// # drop((asynchronous, blocking));
/// ```
pub struct Running(pub(crate) Kind);

pub(crate) enum Kind {
    Async(TaskFuture),
    Blocking(BlockingWork),
}

impl Running {
    /// A future that is polled on the runtime.
    pub fn async_<Fut>(future: Fut) -> Self
    where
        Fut: Future<Output: TaskReturn> + Send + 'static,
    {
        Self(Kind::Async(TaskFuture::from_or_box(Call::<fn() -> Fut, Fut>::Made { future })))
    }

    /// A function that is called when the task runs, and whose future is polled on the runtime.
    pub(super) fn call<F, Fut>(function: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output: TaskReturn> + Send + 'static,
    {
        Self(Kind::Async(TaskFuture::from_or_box(Call::Unmade { function })))
    }

    /// A closure that is called on the blocking pool.
    pub fn blocking<F, R>(function: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: TaskReturn,
    {
        Self(Kind::Blocking(Box::new(move || function().into_result())))
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Async(_) => "Running::async_",
            Kind::Blocking(_) => "Running::blocking",
        })
    }
}
