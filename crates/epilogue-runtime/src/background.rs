//! A reply's own tasks.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};

use crate::{
    Task, TaskFn, TaskReturn, panics,
    task::{HandedOver, Queued, TaskArguments},
};

/// The tasks that a reply brings with it: `(StatusCode::ACCEPTED, Background::task(send_mail, (to,)))`.
///
/// For a path function that takes no [`BackgroundTasks`](crate::BackgroundTasks): it is part of the reply, like a header. Its tasks are
/// added to the end of the request's list ([`BackgroundTasks::append`](crate::BackgroundTasks::append)). This is Starlette's
/// `Response(background=…)`.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{Background, BackgroundTasks};
///
/// async fn send_mail(to: &'static str) {}
/// fn count() {}
///
/// let background = Background::task(send_mail, ("foo@example.com",)).and(count, ()).name("count");
/// let tasks = BackgroundTasks::new();
/// assert_eq!(tasks.append(background), 2);
/// assert_eq!(tasks.pending()[1].name, "count");
/// ```
///
/// If no reply brings them, its tasks do not run, which is logged. A clone holds the same tasks, which still run only once. It is `Clone` because a reply's extensions must be.
#[derive(Clone)]
#[must_use = "its tasks run only as a part of a reply"]
pub struct Background(Arc<Tasks>);

/// What the clones of a [`Background`] share.
#[derive(Default)]
struct Tasks(Mutex<Vec<Queued>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        let tasks = std::mem::take(self.0.get_mut());
        let Some(first) = tasks.first() else { return };
        tracing::warn!(
            target: "epilogue::task",
            tasks = tasks.len(), first = %first.name(), source = %first.source,
            "tasks of a reply dropped: they run only if the reply comes back to Epilogue"
        );
        for task in tasks {
            panics::quietly("a task that was dropped", || drop(task));
        }
    }
}

impl Background {
    /// A function and, in a tuple, its arguments; as [`BackgroundTasks::add_task`](crate::BackgroundTasks::add_task).
    #[track_caller]
    pub fn task<F, Args, Kind>(function: F, arguments: Args) -> Self
    where
        F: TaskFn<Args, Kind> + HandedOver<Kind> + Send + 'static,
        Args: TaskArguments,
        // rustc shows the line of a bound that is not met, to its end.
        Args: Send + 'static, // a task runs later, on any thread: give it what it can own, and an `Arc` for an `Rc`
        F::Future: Send + 'static, // drop what is not `Send` before the .await, in an inner block, or use tokio::sync::Mutex
        F::Output: TaskReturn,
    {
        Self(Arc::default()).and(function, arguments)
    }

    /// A `#[task]`, its arguments by name.
    // Named like the method of the list; it has nothing to do with `std::ops::Add`.
    #[allow(clippy::should_implement_trait)]
    pub fn add<T: Task>(task: T) -> Self {
        Self(Arc::default()).and_add(task)
    }

    /// One more function.
    #[track_caller]
    pub fn and<F, Args, Kind>(self, function: F, arguments: Args) -> Self
    where
        F: TaskFn<Args, Kind> + HandedOver<Kind> + Send + 'static,
        Args: TaskArguments,
        // rustc shows the line of a bound that is not met, to its end.
        Args: Send + 'static, // a task runs later, on any thread: give it what it can own, and an `Arc` for an `Rc`
        F::Future: Send + 'static, // drop what is not `Send` before the .await, in an inner block, or use tokio::sync::Mutex
        F::Output: TaskReturn,
    {
        self.tasks().push(Queued::of_function(function, arguments));
        self
    }

    /// One more `#[task]`.
    pub fn and_add<T: Task>(self, task: T) -> Self {
        self.tasks().push(Queued::of_task(task));
        self
    }

    /// All tasks of another one, after those that are here.
    #[cfg(feature = "axum")]
    pub(crate) fn and_all(self, later: Self) -> Self {
        let later = later.into_tasks();
        self.tasks().extend(later);
        self
    }

    /// Names the last task.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.set(|task| task.set_name(name))
    }

    /// Ends the last task when it has run for this long; see [`Added::timeout`](crate::Added::timeout).
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|task| task.set_timeout(timeout))
    }

    /// Runs the last task even if the request fails.
    pub fn always(self) -> Self {
        self.set(|task| task.always = true)
    }

    /// How many tasks it holds: none once they have been added to a list.
    pub fn len(&self) -> usize {
        self.tasks().len()
    }

    /// Whether it holds no task.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the tasks out; clones find none after it.
    pub(crate) fn into_tasks(self) -> Vec<Queued> {
        std::mem::take(&mut *self.tasks())
    }

    fn set(self, option: impl FnOnce(&mut Queued)) -> Self {
        self.tasks().last_mut().map(option);
        self
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Queued>> {
        self.0.0.lock()
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Background").field(&*self.tasks()).finish()
    }
}
