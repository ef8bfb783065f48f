use std::{borrow::Cow, fmt, time::Duration};

use tracing::Span;

use super::{BlockingWork, Kind, Retry, Running, TaskContext, TaskFuture, TaskInfo};
use crate::SourceLine;

/// A task in a list.
pub(crate) struct Queued {
    /// Taken when the task starts.
    pub(crate) work: Option<Work>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) source: SourceLine,
    pub(crate) timeout: Option<Duration>,
    pub(crate) always: bool,
    /// Attempts begun: what a task is reported with that is cut off.
    pub(crate) attempts: u32,
    /// Whether its end has been counted.
    pub(crate) ended: bool,
    /// Disabled until the task enters a list, and for good when nobody traces.
    pub(crate) span: Span,
}

pub(crate) enum Work {
    Async(TaskFuture),
    Blocking(BlockingWork),
    Task(Box<dyn Attempts>),
}

/// A `#[task]` with its options.
pub(crate) trait Attempts: Send {
    /// The next attempt; after the last one is asked for, none can be had.
    fn attempt(&mut self, context: &TaskContext) -> Option<Running>;
    fn retry(&self) -> Option<&Retry>;
}

impl From<Running> for Work {
    fn from(running: Running) -> Self {
        match running.0 {
            Kind::Async(future) => Self::Async(future),
            Kind::Blocking(function) => Self::Blocking(function),
        }
    }
}

impl Queued {
    pub(crate) fn new(work: Work, name: &'static str, source: SourceLine) -> Self {
        Self {
            work: Some(work),
            name: Cow::Borrowed(name),
            source,
            timeout: None,
            always: false,
            attempts: 0,
            ended: false,
            span: Span::none(),
        }
    }

    pub(crate) fn info(&self) -> TaskInfo {
        let retries = match &self.work {
            Some(Work::Task(task)) => task.retry().map_or(0, |retry| retry.times),
            _ => 0,
        };
        TaskInfo {
            name: self.name.clone(),
            source: self.source,
            timeout: self.timeout,
            always: self.always,
            retries,
        }
    }
}

impl fmt::Debug for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info().fmt(f)
    }
}
