//! What happens to tasks, told to the recorder of the `metrics` crate.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::{TaskEvent, TaskObserver, TaskOutcome};

const QUEUED: &str = "epilogue_tasks_queued_total";
const ENDED: &str = "epilogue_tasks_ended_total";
const RETRIED: &str = "epilogue_tasks_retried_total";
const PENDING: &str = "epilogue_tasks_pending";
const RUNNING: &str = "epilogue_tasks_running";
const DURATION: &str = "epilogue_task_duration_seconds";

/// Tells the [`metrics`](https://docs.rs/metrics) crate's recorder, whichever the program has installed, what happens to each task.
///
/// | metric | kind | labels | is |
/// | --- | --- | --- | --- |
/// | `epilogue_tasks_queued_total` | counter | `task` | tasks that were added |
/// | `epilogue_tasks_ended_total` | counter | `task`, `outcome` | tasks that have ended: `succeeded`, `failed`, `panicked`, `timed_out`, `abandoned`, `discarded` |
/// | `epilogue_tasks_retried_total` | counter | `task` | attempts that were followed by another |
/// | `epilogue_tasks_pending` | gauge | | tasks that were added and have not ended |
/// | `epilogue_tasks_running` | gauge | | those of them that have begun |
/// | `epilogue_task_duration_seconds` | histogram | `task`, `outcome` | how long a task ran that was run to its end, with its retries and the waits between them |
///
/// `task` is the task's name. Each name makes series of its own, so `.name()` should not hold what differs from request to request.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::TaskMetrics;
/// use std::sync::Arc;
///
/// let observer = Arc::new(TaskMetrics::new());
/// # epilogue::Runner::with_observers(epilogue::TaskLimits::default(), vec![observer]);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TaskMetrics;

impl TaskMetrics {
    /// An observer for the recorder. What the metrics mean is described to the recorder here, so it should be installed before.
    // `Default` would describe them where nobody expects it.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        describe_counter!(QUEUED, "Tasks that were added.");
        describe_counter!(ENDED, "Tasks that have ended, by outcome.");
        describe_counter!(RETRIED, "Attempts that were followed by another.");
        describe_gauge!(PENDING, "Tasks that were added and have not ended.");
        describe_gauge!(RUNNING, "Tasks that have begun and have not ended.");
        describe_histogram!(DURATION, Unit::Seconds, "How long a task ran, with its retries.");
        Self
    }
}

impl TaskObserver for TaskMetrics {
    fn queued(&self, task: &TaskEvent<'_>) {
        counter!(QUEUED, "task" => task.name.to_owned()).increment(1);
        gauge!(PENDING).increment(1.0);
    }
    fn started(&self, _task: &TaskEvent<'_>) {
        gauge!(RUNNING).increment(1.0);
    }
    fn retried(&self, task: &TaskEvent<'_>) {
        counter!(RETRIED, "task" => task.name.to_owned()).increment(1);
    }
    fn ended(&self, task: &TaskEvent<'_>, outcome: TaskOutcome) {
        let name = task.name.to_owned();
        counter!(ENDED, "task" => name.clone(), "outcome" => outcome.as_str()).increment(1);
        gauge!(PENDING).decrement(1.0);
        if task.attempt > 0 {
            gauge!(RUNNING).decrement(1.0);
        }
        // Nobody knows how long a task that was not run to its end would have taken.
        if !matches!(outcome, TaskOutcome::Abandoned | TaskOutcome::Discarded) {
            histogram!(DURATION, "task" => name, "outcome" => outcome.as_str()).record(task.took);
        }
    }
}
