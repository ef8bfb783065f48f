use std::{borrow::Cow, time::Duration};

use crate::SourceLine;

/// What is known about a queued task.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::BackgroundTasks;
///
/// let tasks = BackgroundTasks::new();
/// tasks.add_task(|| (), ()).name("nothing").always();
/// let queued = tasks.pending();
/// assert_eq!(queued[0].name, "nothing");
/// assert!(queued[0].always);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The name given, or else the function's path; of a `#[task]`, its name alone.
    pub name: Cow<'static, str>,
    /// Where it was queued, or where the `#[task]` is defined.
    pub source: SourceLine,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// Whether it runs even when its request failed.
    pub always: bool,
    /// How often it is tried again after an error.
    pub retries: u32,
}
