use std::fmt;

use stackfuture::StackFuture;

use super::{TaskFailure, TaskReturn, call::Call};

/// Lists hold many of these and move them, so each has room only for a function with a string and one more word; a larger future is boxed.
pub(crate) type TaskFuture = StackFuture<'static, Result<(), TaskFailure>, 40>;
pub(crate) type BlockingWork = Box<dyn FnOnce() -> Result<(), TaskFailure> + Send>;

/// One attempt at a task: a future or a closure for the blocking pool, ready to be run, or the reason why there is neither.
///
/// Made by [`Task::run`](crate::Task::run):
///
/// ```
/// use epilogue_runtime::Running;
///
/// let future = Running::future(async { Ok::<(), String>(()) });
/// let blocking = Running::blocking(|| std::thread::yield_now());
/// # drop((future, blocking));
/// ```
pub struct Running(pub(crate) Kind);

pub(crate) enum Kind {
    Async(TaskFuture),
    Blocking(BlockingWork),
    CannotBegin(TaskFailure),
}

impl Running {
    /// A future that is polled on the runtime.
    pub fn future<Fut>(future: Fut) -> Self
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

    /// A task that lacks what it needs: it fails at once, and is not tried again.
    ///
    /// ```
    /// use epilogue_runtime::{Running, TaskFailure};
    ///
    /// let running = Running::cannot_begin(TaskFailure::from_display(&"the app has no mailbox"));
    /// # drop(running);
    /// ```
    pub fn cannot_begin(failure: TaskFailure) -> Self {
        Self(Kind::CannotBegin(failure))
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Async(_) => "Running::future",
            Kind::Blocking(_) => "Running::blocking",
            Kind::CannotBegin(_) => "Running::cannot_begin",
        })
    }
}
