//! Users' own metrics: one call for each thing that happens to a task.

use std::time::Duration;

use crate::{Origin, SourceLine, TaskOutcome};

/// What a [`TaskObserver`] is told about a task.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{TaskEvent, TaskObserver, TaskOutcome};
/// use std::time::Duration;
///
/// struct Slow;
///
/// impl TaskObserver for Slow {
///     fn ended(&self, task: &TaskEvent<'_>, outcome: TaskOutcome) {
///         if task.took > Duration::from_secs(10) {
///             eprintln!("{} of {} {outcome} after {:?} ({})", task.name, task.origin, task.took, task.source);
///         }
///     }
/// }
/// # let _ = Slow;
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TaskEvent<'a> {
    /// The task's name.
    pub name: &'a str,
    /// The request that queued it.
    pub origin: &'a Origin,
    /// Where it was queued, or where the `#[task]` is defined.
    pub source: SourceLine,
    /// The number of attempts begun so far; 0 before the first.
    pub attempt: u32,
    /// How long the task has run, over all its attempts and the waits between them.
    pub took: Duration,
    /// What went wrong, if something did.
    pub error: Option<&'a str>,
}

/// Is told what happens to each task: the place for your own metrics.
///
/// The methods are called where it happens, on the runtime's threads, so they should be quick. A panic in one of them
/// is logged and changes nothing for the task. An app is given an observer by `App::observe`, a runner when it is made.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{TaskEvent, TaskObserver, TaskOutcome};
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
///
/// #[derive(Default)]
/// struct Failures(AtomicU64);
///
/// impl TaskObserver for Failures {
///     fn ended(&self, _task: &TaskEvent<'_>, outcome: TaskOutcome) {
///         if outcome == TaskOutcome::Failed {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let observer = Arc::new(Failures::default());
/// # epilogue::Runner::with_observers(epilogue::TaskLimits::default(), vec![observer]);
/// ```
pub trait TaskObserver: Send + Sync + 'static {
    /// The task was added to a list.
    fn queued(&self, task: &TaskEvent<'_>) {
        let _ = task;
    }
    /// The task's first attempt begins.
    fn started(&self, task: &TaskEvent<'_>) {
        let _ = task;
    }
    /// An attempt went wrong; the task will be tried again.
    fn retried(&self, task: &TaskEvent<'_>) {
        let _ = task;
    }
    /// The task has ended with this outcome and is not tried again.
    fn ended(&self, task: &TaskEvent<'_>, outcome: TaskOutcome) {
        let _ = (task, outcome);
    }
}
