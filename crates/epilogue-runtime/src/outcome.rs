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
    /// It returned `Err`, and so did its retries.
    Failed,
    /// It panicked.
    Panicked,
    /// It ran longer than its timeout.
    TimedOut,
    /// A drain's deadline came before its end.
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
