//! A task that is being added: its options, until the statement ends.

use std::{borrow::Cow, fmt, time::Duration};

use crate::{BackgroundTasks, Backoff, Task, TaskOptions, task::Queued};

/// A function that was just added, to set its options on. It enters the list when this is dropped, which is the end of
/// the statement.
///
/// ```
/// # use epilogue_runtime::BackgroundTasks;
/// # use std::time::Duration;
/// # let tasks = BackgroundTasks::new();
/// tasks.add_task(|| (), ()).name("clean up").timeout(Duration::from_secs(10)).always();
/// # let queued = tasks.pending();
/// # assert_eq!((&*queued[0].name, queued[0].timeout, queued[0].always), ("clean up", Some(Duration::from_secs(10)), true));
/// ```
pub struct Added<'a> {
    tasks: &'a BackgroundTasks,
    /// `Some` until the drop.
    task: Option<Queued>,
}

impl<'a> Added<'a> {
    pub(crate) fn new(tasks: &'a BackgroundTasks, task: Queued) -> Self {
        Self { tasks, task: Some(task) }
    }

    fn set(mut self, option: impl FnOnce(&mut Queued)) -> Self {
        self.task.as_mut().map(option);
        self
    }

    /// Names the task in logs, spans and reports. Without it: the function's path.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.set(|task| task.set_name(name.into()))
    }

    /// Ends the task when it has run for this long. An async task stops at its next await. A blocking one cannot be
    /// stopped: it is reported, the next task begins, and a shutdown still waits for it. It may still run when its
    /// request's exits run, and then uses what they have closed.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|task| task.set_timeout(timeout))
    }

    /// Runs the task even if the request fails.
    pub fn always(self) -> Self {
        self.set(|task| task.always = true)
    }
}

/// Marks tasks whose arguments are kept, so that they can be tried again.
#[diagnostic::on_unimplemented(
    message = "only a `#[task]` can be tried again",
    label = "a function that `add_task` was given runs once, and has no arguments left for a second time",
    note = "put `#[task]` on the function, and add it with its arguments by name: `tasks.add(send_mail {{ to }}).retries(3)`"
)]
#[doc(hidden)]
pub trait TriedAgain {}

/// People look for these methods here; the compiler's error tells them where they are.
#[doc(hidden)]
impl Added<'_> {
    pub fn retries(self, _times: u32) -> Self
    where
        Self: TriedAgain,
    {
        self
    }

    pub fn retry_on_panic(self) -> Self
    where
        Self: TriedAgain,
    {
        self
    }

    pub fn backoff(self, _backoff: Backoff) -> Self
    where
        Self: TriedAgain,
    {
        self
    }
}

impl Drop for Added<'_> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            self.tasks.push(task);
        }
    }
}

impl fmt::Debug for Added<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Added").field(&self.task).finish()
    }
}

/// A `#[task]` that was just added, to set its options on, retries among them. It enters the list when this is dropped,
/// which is the end of the statement.
///
/// ```
/// # use epilogue_runtime::{Backoff, BackgroundTasks, Task};
/// # use std::time::Duration;
/// # fn page(tasks: &BackgroundTasks, send_mail: impl Task) {
/// tasks.add(send_mail)
///     .retries(5)
///     .backoff(Backoff::new().first(Duration::from_millis(200)))
///     .timeout(Duration::from_secs(30));
/// # }
/// ```
#[derive(Debug)]
pub struct AddedTask<'a>(Added<'a>);

impl<'a> AddedTask<'a> {
    pub(crate) fn new<T: Task>(tasks: &'a BackgroundTasks, task: T) -> Self {
        Self(Added::new(tasks, Queued::of_task(task)))
    }

    fn set(self, option: impl FnOnce(&mut TaskOptions)) -> Self {
        Self(self.0.set(|task| {
            task.options().map(option);
        }))
    }

    /// Names the task in logs, spans and reports. Without it: the function's name.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.name(name))
    }

    /// Ends an attempt when it has run for this long; see [`Added::timeout`]. A task that ran out of time is not tried again.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Runs the task even if the request fails.
    pub fn always(self) -> Self {
        Self(self.0.always())
    }

    /// Tries the task up to this many times more when it returns `Err`. The next task of the request waits for it.
    pub fn retries(self, times: u32) -> Self {
        self.set(|options| options.retries = times)
    }

    /// Tries it again after a panic, too.
    pub fn retry_on_panic(self) -> Self {
        self.set(|options| options.retry_on_panic = true)
    }

    /// Sets the waits between the attempts.
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.set(|options| options.backoff = backoff)
    }
}
