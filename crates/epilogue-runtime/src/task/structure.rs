use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::{Attempts, Backoff, Retry, Running, TaskContext};
use crate::SourceLine;

/// A task with named arguments: a struct that is serde data and knows how to run itself. `#[task]` writes this.
///
/// Written by hand, with the crate `epilogue-runtime`:
///
/// ```
/// use epilogue_runtime::{BackgroundTasks, Running, SourceLine, Task, TaskContext, TaskDefaults};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Notify {
///     email: String,
/// }
///
/// impl Task for Notify {
///     const NAME: &'static str = "notify";
///     const OPTIONS: TaskDefaults = TaskDefaults::new().retries(3);
///     const LOCATION: SourceLine = SourceLine::new(file!(), line!());
///
///     fn run(self, _context: &TaskContext) -> Running {
///         Running::async_(async move { println!("to {}", self.email) })
///     }
/// }
///
/// let tasks = BackgroundTasks::new();
/// tasks.add(Notify { email: "foo@example.com".into() }).retries(5);
/// assert_eq!(tasks.pending()[0].retries, 5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `#[task]`",
    label = "not a `#[task]` struct",
    note = "put `#[task]` on the function and add it with its arguments by name: `tasks.add(send_mail {{ to, subject }})`",
    note = "a plain function is added with its arguments in a tuple: `tasks.add_task(send_mail, (to, subject))`"
)]
pub trait Task: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The function's name.
    const NAME: &'static str;
    /// What `#[task(…)]` says.
    const OPTIONS: TaskDefaults;
    /// Where the function is defined.
    const LOCATION: SourceLine;

    /// Begins an attempt. What is needed of the context is taken out of it here.
    fn run(self, context: &TaskContext) -> Running;
}

/// The options that `#[task(…)]` gives to each of its tasks, unless the one that adds it says otherwise.
///
/// ```
/// use epilogue_runtime::TaskDefaults;
/// use std::time::Duration;
///
/// const OPTIONS: TaskDefaults = TaskDefaults::new().retries(3).timeout(Duration::from_millis(30_000));
/// assert_eq!(OPTIONS.retries, 3);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct TaskDefaults {
    /// How often the task is tried again after an error.
    pub retries: u32,
    /// Whether a panic counts as an error that is tried again.
    pub retry_on_panic: bool,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// Whether the task runs even when its request failed.
    pub always: bool,
    /// The waits between the attempts.
    pub backoff: Backoff,
}

impl TaskDefaults {
    /// No retries, no timeout.
    pub const fn new() -> Self {
        Self { retries: 0, retry_on_panic: false, timeout: None, always: false, backoff: Backoff::new() }
    }

    /// Sets how often the task is tried again after an error.
    pub const fn retries(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// A panic, too, is tried again.
    pub const fn retry_on_panic(mut self) -> Self {
        self.retry_on_panic = true;
        self
    }

    /// Sets how long an attempt may take.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The task runs even when its request failed.
    pub const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    /// Sets the waits between the attempts.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }
}

/// A task that may be tried again. It is cloned for each attempt but the last, which takes it.
pub(crate) struct Repeated<T> {
    pub(crate) task: Option<T>,
    pub(crate) retry: Retry,
}

impl<T: Task> Attempts for Repeated<T> {
    fn attempt(&mut self, context: &TaskContext, is_last: bool) -> Option<Running> {
        let task = if is_last { self.task.take() } else { self.task.clone() };
        task.map(|task| task.run(context))
    }

    fn retry(&self) -> Retry {
        self.retry
    }
}
