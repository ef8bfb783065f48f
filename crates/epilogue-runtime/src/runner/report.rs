use std::{borrow::Cow, fmt, time::Duration};

use crate::{Origin, SourceLine, TaskStats};

/// What a [drain](crate::Runner::drain) could not finish, and the counters at its end. If an app has several servers, one that is not the
/// last reports only the connections that it has cut off.
///
/// What was lost before the runner's first drain, for instance with a runtime that ended, is not named: it was logged, and the tasks are
/// [counted](TaskStats::abandoned).
///
/// ```
/// # use std::time::Duration;
/// use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
///
/// async fn never_ends() {
///     std::future::pending().await
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let runner = Runner::new(TaskLimits::default());
/// let tasks = runner.tasks(Origin::new(1, "POST /send"));
/// tasks.add_task(never_ends, ()).name("mail");
/// Batch::new(tasks).submit();
///
/// let report = runner.drain(tokio::time::sleep(Duration::from_secs(30))).await;
/// assert!(!report.is_complete());
/// let lost = &report.abandoned[0];
/// assert_eq!((&*lost.name, &*lost.origin.name, lost.attempts), ("mail", "POST /send", 1));
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DrainReport {
    /// The tasks that were cut off or never began. A second drain names those that were lost since the first.
    pub abandoned: Vec<AbandonedTask>,
    /// The requests that were cut off after their client had left, WebSockets that did not close, and exits that took too long.
    pub requests: Vec<AbandonedRequest>,
    /// What did not stop when it was told to, because it never comes to an await.
    pub stuck: Vec<Stuck>,
    /// Blocking tasks and other functions on the blocking pool that still run: nothing can stop them but the end of the process.
    pub blocking: usize,
    /// Requests whose path function or reply another server still had, or a task of a layer. Nothing stops them: tasks that they add are
    /// logged as abandoned.
    pub in_flight: usize,
    /// Connections that were closed before their requests were answered. The runner knows of none: the server counts them.
    pub connections: usize,
    /// Exits of the app that were not done in time. The runner knows of none: the app names them.
    pub app_exits: Vec<&'static str>,
    /// How long the drain took.
    pub took: Duration,
    /// The counters at the end.
    pub stats: TaskStats,
}

impl DrainReport {
    /// Whether everything was run to its end.
    pub fn is_complete(&self) -> bool {
        self.abandoned.is_empty()
            && self.requests.is_empty()
            && self.stuck.is_empty()
            && self.blocking == 0
            && self.in_flight == 0
            && self.connections == 0
            && self.app_exits.is_empty()
    }
}

impl fmt::Display for DrainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tasks run since the start: {}, abandoned: {}", self.stats.ran(), self.abandoned.len())?;
        if let Some(first) = self.abandoned.first() {
            write!(f, " (the first: {} of {})", first.name, first.origin)?;
        }
        for (count, what) in [
            (self.requests.len(), "requests cut off"),
            (self.stuck.len(), "batches, requests and exits that did not stop"),
            (self.blocking, "blocking calls that did not stop"),
            (self.in_flight, "requests still with the server"),
            (self.connections, "connections cut off"),
        ] {
            if count > 0 {
                write!(f, ", {what}: {count}")?;
            }
        }
        if !self.app_exits.is_empty() {
            write!(f, ", exits of the app not done: {}", self.app_exits.join(", "))?;
        }
        Ok(())
    }
}

/// A task that was accepted and not run to its end.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{AbandonedTask, DrainReport};
///
/// /// Those that can be run again by hand: they had not begun.
/// fn unbegun(report: &DrainReport) -> Vec<&AbandonedTask> {
///     report.abandoned.iter().filter(|task| task.attempts == 0).collect()
/// }
/// # let _ = unbegun;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbandonedTask {
    /// The task's name.
    pub name: Cow<'static, str>,
    /// The request that queued it.
    pub origin: Origin,
    /// Where it was queued, or where the `#[task]` is defined.
    pub source: SourceLine,
    /// The attempts begun; 0 if it never began.
    pub attempts: u32,
    /// How long ago its batch was submitted; zero if it was not.
    pub age: Duration,
}

/// A request, its WebSocket, or its exits, that was not run to its end.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::DrainReport;
///
/// fn print(report: &DrainReport) {
///     for request in &report.requests {
///         eprintln!("{} was cut off after {:?}: {}", request.origin, request.age, request.what);
///     }
/// }
/// # let _ = print;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbandonedRequest {
    /// What it was: the request, its WebSocket, or its exits.
    pub what: Leftover,
    /// The request.
    pub origin: Origin,
    /// How long it was kept, open, or at its exits.
    pub age: Duration,
}

/// What a drain has left over of a request.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::Leftover;
///
/// assert_eq!(Leftover::WebSocket.to_string(), "an open WebSocket");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Leftover {
    /// Its tasks, and the exits that follow them.
    Batch,
    /// The request itself, whose client has left.
    Request,
    /// Its WebSocket.
    WebSocket,
    /// Its exits, after its tasks were cut off.
    Exits,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Batch => "the tasks of a request",
            Self::Request => "a request whose client had left",
            Self::WebSocket => "an open WebSocket",
            Self::Exits => "the exits of a request",
        })
    }
}

/// What did not stop when it was told to, because it never comes to an await.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::DrainReport;
///
/// fn print(report: &DrainReport) {
///     for stuck in &report.stuck {
///         eprintln!("{} ({}) did not come to an await", stuck.what, stuck.origin);
///     }
/// }
/// # let _ = print;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stuck {
    /// What it is.
    pub what: Leftover,
    /// The request.
    pub origin: Origin,
    /// How long ago it was handed over.
    pub age: Duration,
}
