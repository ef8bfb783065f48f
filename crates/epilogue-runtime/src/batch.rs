//! The tasks of one request and what follows them.

use std::{borrow::Cow, fmt};

use crate::{
    BackgroundTasks, Lane, SourceLine, TaskOutcome, execution::Execution, finally::Finally, task::Queued,
};

/// The tasks of one request and what follows them, to be [submitted](Self::submit) when the reply has left.
///
/// ```
/// use epilogue_runtime::{Batch, BatchReport, Origin, Runner, TaskLimits};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let runner = Runner::new(TaskLimits::default());
/// let tasks = runner.tasks(Origin::new(1, "POST /orders"));
/// tasks.add_task(async || Err("out of stock"), ());
///
/// let batch = Batch::new(tasks).finally(|report: BatchReport| async move {
///     assert_eq!(report.failed[0].message, "out of stock"); // the request's exits run here
/// });
/// batch.submit();
/// runner.idle().await;
/// # }
/// ```
#[derive(Debug)]
#[must_use = "its tasks are dropped unless it is submitted"]
pub struct Batch(Box<Execution>);

impl Batch {
    /// A request's tasks.
    pub fn new(tasks: BackgroundTasks) -> Self {
        Self(Box::new(Execution::new(tasks.list)))
    }

    /// Runs this once the tasks have ended, in whatever way. Tasks that it adds run after it. It also runs if the tasks were cut off
    /// by a drain's deadline. A second one runs after the first and the tasks that it has added.
    pub fn finally<F, Fut>(mut self, exits: F) -> Self
    where
        F: FnOnce(BatchReport) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.0.finally.push(Finally::new(exits));
        self
    }

    /// Runs this before the tasks, which wait until it has ended: for what may still add tasks, or discard them. If the batch is cut off
    /// by a drain's deadline, it still goes before what [follows](Self::finally) the tasks. A second one runs after the first.
    ///
    /// ```
    /// # use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let runner = Runner::new(TaskLimits::default());
    /// let tasks = runner.tasks(Origin::new(1, "POST /orders"));
    /// tasks.add_task(async || panic!("the order was refused"), ());
    ///
    /// let late = tasks.clone();
    /// Batch::new(tasks).first(async move { late.discard() }).submit();
    /// runner.idle().await;
    /// assert_eq!(runner.stats().discarded, 1);
    /// # }
    /// ```
    pub fn first(mut self, before: impl Future<Output = ()> + Send + 'static) -> Self {
        self.0.first(Finally::new(|_| before));
        self
    }

    /// Takes one place among what is [pending](crate::TaskLimits::pending) until it has ended. This is for a batch with exits: it may have
    /// no tasks, and without a place any number of such batches could wait.
    ///
    /// ```
    /// # use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
    /// let runner = Runner::new(TaskLimits::default().pending(1));
    /// let batch = Batch::new(runner.tasks(Origin::new(1, "GET /"))).with_place();
    /// assert!(runner.is_full());
    /// drop(batch);
    /// assert!(!runner.is_full());
    /// ```
    pub fn with_place(mut self) -> Self {
        self.0.place.get_or_insert_with(|| self.0.list.runner.take_place());
        self
    }

    /// The request failed after all: see [`BackgroundTasks::discard`].
    pub fn discard(&self) {
        self.0.list.discard();
    }

    /// The reply has left: the runner that the list came from runs the batch. At most
    /// [`TaskLimits::batches`](crate::TaskLimits::batches) run at once; it waits for its turn.
    ///
    /// After a drain's deadline nothing is run: the batch's tasks are named as abandoned.
    pub fn submit(self) {
        self.0.submit(None);
    }

    /// The same on a lane, which is quicker if the lane's last batch has ended.
    pub fn submit_on(self, lane: &Lane) {
        self.0.submit(Some(lane));
    }
}

/// How the tasks of a batch ended.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::BackgroundTasks;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tasks = BackgroundTasks::new();
/// tasks.add_task(async || println!("done"), ());
/// tasks.add_task(async || Err("no stock"), ()).name("reserve");
///
/// let report = tasks.run_all().await;
/// assert_eq!((report.succeeded, report.failed.len()), (1, 1));
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct BatchReport {
    /// How many ended well.
    pub succeeded: usize,
    /// The others, in the order in which they ended.
    pub failed: Vec<FailedTask>,
}

/// A task that did not end well.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{BackgroundTasks, TaskOutcome};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tasks = BackgroundTasks::new();
/// tasks.add_task(async || Err("no stock"), ()).name("reserve");
///
/// let failed = &tasks.run_all().await.failed[0];
/// assert_eq!((failed.outcome, failed.attempts), (TaskOutcome::Failed, 1));
/// assert_eq!(failed.to_string(), "reserve failed: no stock");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedTask {
    /// The task's name.
    pub name: Cow<'static, str>,
    /// How it ended.
    pub outcome: TaskOutcome,
    /// The error with its causes, or the panic's words.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Where it was queued, or where the `#[task]` is defined.
    pub source: SourceLine,
}

impl FailedTask {
    pub(crate) fn new(task: &Queued, outcome: TaskOutcome, message: String) -> Self {
        Self { name: task.name(), outcome, message, attempts: task.attempts, source: task.source }
    }
}

impl fmt::Display for FailedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.name, self.outcome, self.message)
    }
}
