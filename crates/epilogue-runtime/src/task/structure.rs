use serde::{Serialize, de::DeserializeOwned};

use super::{Running, TaskContext, TaskOptions};
use crate::SourceLine;

/// A task with named arguments: a struct that is serde data and knows how to run itself. `#[task]` writes this.
///
/// Written by hand, with the crate `epilogue-runtime`:
///
/// ```
/// use epilogue_runtime::{BackgroundTasks, Running, SourceLine, Task, TaskContext, TaskOptions};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Notify {
///     email: String,
/// }
///
/// impl Task for Notify {
///     const NAME: &'static str = "notify";
///     const OPTIONS: TaskOptions = TaskOptions::new().retries(3);
///     const LOCATION: SourceLine = SourceLine::new(file!(), line!());
///
///     fn run(self, _context: &TaskContext) -> Running {
///         Running::future(async move { println!("to {}", self.email) })
///     }
/// }
///
/// let tasks = BackgroundTasks::new();
/// tasks.add(Notify { email: "foo@example.com".into() }).retries(5);
/// assert_eq!(tasks.pending()[0].retries, 5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `#[task]`",
    label = "not a `#[task]` struct",
    note = "put `#[task]` on the function and add it with its arguments by name: `tasks.add(send_mail {{ to, subject }})`",
    note = "a plain function is added with its arguments in a tuple: `tasks.add_task(send_mail, (to, subject))`"
)]
pub trait Task: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The function's name.
    const NAME: &'static str;
    /// What `#[task(…)]` says.
    const OPTIONS: TaskOptions;
    /// Where the function is defined.
    const LOCATION: SourceLine;

    /// Begins an attempt. Takes what it needs out of the context now.
    fn run(self, context: &TaskContext) -> Running;
}

/// A `#[task]` and its options. Plain functions have `timeout` and `always` too, so those in [`Queued`](super::Queued) count instead.
pub(crate) struct Repeated<A: ?Sized> {
    pub(crate) options: TaskOptions,
    pub(crate) attempts: A,
}

pub(crate) trait Attempts: Send {
    /// The next attempt. After the last one there is none.
    fn attempt(&mut self, context: &TaskContext, is_last: bool) -> Option<Running>;
}

/// The task is cloned for each attempt but the last, which takes it.
impl<T: Task> Attempts for Option<T> {
    fn attempt(&mut self, context: &TaskContext, is_last: bool) -> Option<Running> {
        let task = if is_last { self.take() } else { self.clone() };
        task.map(|task| task.run(context))
    }
}
