//! How a task ended, and who is told.

use std::time::Duration;

use crate::{
    BatchReport, FailedTask, TaskFailure, TaskOutcome,
    list::List,
    panics::{self, Payload},
    task::Queued,
};

pub(super) enum End {
    Succeeded,
    Failed(TaskFailure),
    /// It failed before it began, and would the next time.
    NotBegun(TaskFailure),
    Panicked(String),
    TimedOut(Duration),
}

impl From<Result<Result<(), TaskFailure>, Payload>> for End {
    fn from(result: Result<Result<(), TaskFailure>, Payload>) -> Self {
        match result {
            Ok(Ok(())) => Self::Succeeded,
            Ok(Err(failure)) => Self::Failed(failure),
            Err(payload) => Self::Panicked(panics::message(payload)),
        }
    }
}

impl End {
    pub(super) fn outcome(&self) -> TaskOutcome {
        match self {
            Self::Succeeded => TaskOutcome::Succeeded,
            Self::Failed(_) | Self::NotBegun(_) => TaskOutcome::Failed,
            Self::Panicked(_) => TaskOutcome::Panicked,
            Self::TimedOut(_) => TaskOutcome::TimedOut,
        }
    }

    pub(super) fn message(&self) -> Option<String> {
        match self {
            Self::Succeeded => None,
            Self::Failed(failure) | Self::NotBegun(failure) => Some(failure.to_string()),
            Self::Panicked(message) => Some(message.clone()),
            Self::TimedOut(limit) => Some(format!("not done within {limit:?}")),
        }
    }

    /// Counts, logs and reports the end of a task.
    pub(super) fn settle(
        self,
        list: &List,
        task: &mut Queued,
        took: Option<Duration>,
        report: &mut BatchReport,
    ) {
        let (runner, origin) = (&list.runner, &list.origin);
        let outcome = self.outcome();
        let error = self.message();
        task.ended = true;
        runner.counters().ended(outcome);

        if !task.span().is_disabled() {
            let milliseconds = took.unwrap_or_default().div_duration_f64(Duration::from_millis(1));
            task.span().record("attempt", task.attempts);
            task.span().record("outcome", outcome.as_str());
            task.span().record("duration_ms", milliseconds);
        }
        if let Some(error) = &error {
            tracing::error!(
                target: "epilogue::task",
                parent: task.span(),
                task = %task.name(), request = %origin, attempt = task.attempts, source = %task.source, error,
                "task {outcome}",
            );
        }
        runner.observe(origin, task, took, error.as_deref(), &|observer, task| observer.ended(task, outcome));
        // Closed now: the others of its batch may take a while.
        task.close_span();

        match error {
            None => report.succeeded += 1,
            Some(message) => report.failed.push(FailedTask::new(task, outcome, message)),
        }
    }
}
