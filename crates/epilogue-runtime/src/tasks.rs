//! The request's task list, as path functions and dependencies see it.

use std::{fmt, sync::Arc};

use crate::{
    Added, AddedTask, Background, BatchReport, Origin, Runner, Task, TaskFn, TaskInfo, TaskLimits,
    TaskReturn,
    execution::Execution,
    list::List,
    task::{HandedOver, Queued, TaskArguments},
};

/// The one list of a request's background tasks. What is added runs after the reply has left, in the order added.
///
/// Clones are the same list. So a path function, its dependencies and their dependencies all add to it. This is
/// FastAPI's [`BackgroundTasks`](https://fastapi.tiangolo.com/tutorial/background-tasks/).
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::BackgroundTasks;
///
/// async fn write_log(message: String) -> std::io::Result<()> {
///     println!("{message}");
///     Ok(())
/// }
///
/// /// A path function, or anything else that has something to do later.
/// fn send_notification(email: &str, tasks: &BackgroundTasks) -> &'static str {
///     tasks.add_task(write_log, (format!("message to {email}"),));
///     "Message sent"
/// }
///
/// // A unit test calls it with a list of its own and runs what was queued.
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tasks = BackgroundTasks::new();
/// assert_eq!(send_notification("foo@example.com", &tasks), "Message sent");
/// assert_eq!(tasks.len(), 1);
/// assert!(tasks.run_all().await.failed.is_empty());
/// # }
/// ```
///
/// # A list that holds itself
///
/// A task may take a clone of its list to add more tasks. Such a list is freed when it has run or has been
/// [discarded](Self::discard). If its owner does neither and forgets it, it is leaked.
#[derive(Clone)]
pub struct BackgroundTasks {
    pub(crate) list: Arc<List>,
    turn: u32,
}

impl BackgroundTasks {
    /// A list that belongs to no request, for unit tests that call a function with plain values: see
    /// [`run_all`](Self::run_all). A server gets its lists from [`Runner::tasks`].
    // `Default` would suggest that such a list is good for more than tests.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let runner = Runner::new(TaskLimits::default());
        Self::of(Arc::new(List::new(runner, Origin::new(0, "no request"), false)))
    }

    pub(crate) fn attached(runner: Runner, origin: Origin) -> Self {
        Self::of(Arc::new(List::new(runner, origin, true)))
    }

    /// Adds a function and a tuple of its arguments. The function is an `async fn`, a `fn` (which will run on the
    /// blocking pool) or a closure of either kind. It returns `()`, or `Result<(), E>` where `E: Display`.
    ///
    /// The task enters the list at the end of the statement. Until then its options can be set:
    ///
    /// ```
    /// # use epilogue_runtime::BackgroundTasks;
    /// # use std::time::Duration;
    /// # async fn write_log(message: String) {}
    /// # fn page(tasks: &BackgroundTasks) {
    /// tasks.add_task(write_log, ("hello".to_owned(),));
    /// tasks.add_task(write_log, ("failed or not".to_owned(),)).always().timeout(Duration::from_secs(5));
    /// tasks.add_task(|| println!("bye"), ()).name("bye");
    /// # }
    /// ```
    #[track_caller]
    pub fn add_task<F, Args, Kind>(&self, function: F, arguments: Args) -> Added<'_>
    where
        F: TaskFn<Args, Kind> + HandedOver<Kind> + Send + 'static,
        Args: TaskArguments,
        // rustc shows the line of a bound that is not met, to its end.
        Args: Send + 'static, // a task runs later, on any thread: give it what it can own, and an `Arc` for an `Rc`
        F::Future: Send + 'static, // drop what is not `Send` before the .await, in an inner block, or use tokio::sync::Mutex
        F::Output: TaskReturn,
    {
        Added::new(self, Queued::of_function(function, arguments))
    }

    /// Adds a `#[task]` with its arguments by name: `tasks.add(send_mail { to, subject })`. Such a task can be retried.
    ///
    /// ```
    /// # use epilogue_runtime::{BackgroundTasks, Task};
    /// # use std::time::Duration;
    /// # fn page(tasks: &BackgroundTasks, send_mail: impl Task) {
    /// tasks.add(send_mail).retries(3).timeout(Duration::from_secs(5));
    /// # }
    /// ```
    pub fn add<T: Task>(&self, task: T) -> AddedTask<'_> {
        AddedTask::new(self, task)
    }

    /// Adds the tasks that a reply carries, at the end. Returns how many there were.
    pub fn append(&self, background: Background) -> usize {
        let tasks = background.into_tasks();
        let count = tasks.len();
        for task in tasks {
            self.push(task);
        }
        count
    }

    /// Lets this list's tasks run `n` at a time instead of one after another. They start in the order added.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::sync::Arc;
    /// use tokio::sync::Barrier;
    /// # use epilogue_runtime::BackgroundTasks;
    ///
    /// let tasks = BackgroundTasks::new();
    /// tasks.concurrent(2);
    /// let both = Arc::new(Barrier::new(2)); // neither ends before the other has begun
    /// for _ in 0..2 {
    ///     let both = both.clone();
    ///     tasks.add_task(async move || { both.wait().await; }, ());
    /// }
    /// tasks.run_all().await;
    /// # }
    /// ```
    pub fn concurrent(&self, n: usize) {
        self.list.set_concurrent(n);
    }

    /// The tasks that are queued and have not begun, in order.
    pub fn pending(&self) -> Vec<TaskInfo> {
        self.list.infos()
    }

    /// How many tasks are queued and have not begun.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether no task is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many tasks are queued, and whether there is another clone of this list, through which more may still come.
    #[doc(hidden)]
    pub fn len_and_is_shared(&self) -> (usize, bool) {
        // In this order: what was added through a clone that is gone by now is found in the list. The count is read without any ordering,
        // but the lock is enough. If that task were added after this thread had the lock, so would its clone be dropped, and the count,
        // which was read before, would not have known of that drop.
        let is_shared = Arc::strong_count(&self.list) > 1;
        (self.len(), is_shared)
    }

    /// The same list, for functions that run at the same time: what is added through a handle of a lower turn goes before what is
    /// added through one of a higher turn, until [their turns end](Self::end_turns). The turn of every other handle is 0.
    ///
    /// ```
    /// # let tasks = epilogue_runtime::BackgroundTasks::new();
    /// let (first, second) = (tasks.in_turn(1), tasks.in_turn(2));
    /// second.add_task(|| println!("second"), ()).name("second");
    /// first.add_task(|| println!("first"), ()).name("first");
    /// assert_eq!(tasks.pending()[0].name, "first");
    /// ```
    #[doc(hidden)]
    #[must_use]
    pub fn in_turn(&self, turn: u32) -> Self {
        Self { list: Arc::clone(&self.list), turn }
    }

    /// The functions of the turns up to this one have returned: from now on all of their handles add at the end.
    #[doc(hidden)]
    pub fn end_turns(&self, last: u32) {
        self.list.end_turns(last);
    }

    pub(crate) fn of(list: Arc<List>) -> Self {
        Self { list, turn: 0 }
    }

    pub(crate) fn push(&self, task: Queued) {
        self.list.push(task, self.turn);
    }

    /// The request failed: drops what is queued and what will be added later, except tasks added with `.always()`.
    ///
    /// ```
    /// # let tasks = epilogue_runtime::BackgroundTasks::new();
    /// tasks.add_task(|| println!("receipt"), ());
    /// tasks.add_task(|| println!("audit"), ()).name("audit").always();
    /// tasks.discard();
    /// assert_eq!(tasks.len(), 1);
    /// assert_eq!(tasks.pending()[0].name, "audit");
    /// ```
    pub fn discard(&self) {
        self.list.discard();
    }

    /// While this is on, what is added runs even if the list was [discarded](Self::discard), as if it had been added with
    /// `.always()`: it comes from an exit or an error handler, which knows how the request has ended.
    #[doc(hidden)]
    pub fn take_all(&self, all: bool) {
        self.list.take_all(all);
    }

    /// Runs the queued tasks, and those that they add, here and now: for unit tests.
    pub async fn run_all(&self) -> BatchReport {
        Execution::new(Arc::clone(&self.list)).run_inline().await
    }

    /// The request that the list belongs to.
    pub fn origin(&self) -> &Origin {
        &self.list.origin
    }
}

impl fmt::Debug for BackgroundTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundTasks")
            .field("origin", &self.list.origin)
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}
