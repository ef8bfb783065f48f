//! How a task ended.

use std::fmt;

/// How a task ended.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::TaskOutcome;
///
/// /// Whether somebody should look at it.
/// fn is_alarming(outcome: TaskOutcome) -> bool {
///     !matches!(outcome, TaskOutcome::Succeeded | TaskOutcome::Discarded)
/// }
///
/// assert!(is_alarming(TaskOutcome::TimedOut));
/// assert_eq!(TaskOutcome::TimedOut.to_string(), "timed_out");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskOutcome {
    /// It returned `()` or `Ok`.
    Succeeded,
    /// It returned `Err` and was not tried again: it had no retries, no more of them, or no time for them, since a drain's deadline had come.
    /// Or it could not begin, as a `#[task]` that takes a state which the app does not have.
    Failed,
    /// It panicked.
    Panicked,
    /// It ran longer than its timeout.
    TimedOut,
    /// It was not run to its end: a drain's deadline came, its runtime ended or there was none, or whoever ran its list by hand
    /// ([`BackgroundTasks::run_all`](crate::BackgroundTasks::run_all)) gave up.
    Abandoned,
    /// It was dropped on purpose: its request failed, or ended without handing it over.
    Discarded,
}

impl TaskOutcome {
    /// The outcome as logs and metrics name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Abandoned => "abandoned",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for TaskOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
