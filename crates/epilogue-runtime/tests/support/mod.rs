//! What the tests share.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unused_async)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use epilogue_runtime::{
    BackgroundTasks, Batch, BatchReport, Origin, Runner, Running, SourceLine, Task, TaskContext, TaskFailure,
    TaskLimits, TaskOptions,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// What happened, in order.
#[derive(Clone, Default, Debug)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|other| *other == line).count()
    }
}

pub async fn say(log: Log, line: &'static str) {
    log.add(line);
}

pub fn runner() -> Runner {
    Runner::new(TaskLimits::default())
}

pub fn list(runner: &Runner) -> BackgroundTasks {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    runner.tasks(Origin::new(NEXT.fetch_add(1, Ordering::Relaxed), "POST /test"))
}

/// Submits the list and waits for its report.
pub async fn run(tasks: BackgroundTasks) -> BatchReport {
    let (send, receive) = oneshot::channel();
    Batch::new(tasks).finally(|report| async move { send.send(report).unwrap() }).submit();
    receive.await.unwrap()
}

/// A `#[task]` that fails as often as it is told to, and counts its attempts under its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flaky {
    pub name: String,
    pub failures: u32,
    pub how: How,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub enum How {
    Error,
    Panic,
    BlockingError,
    Hang,
    CannotBegin,
}

/// The app that [`Flaky`] finds in its context.
#[derive(Default)]
pub struct Attempts(pub Mutex<Vec<(String, tokio::time::Duration)>>, pub Mutex<Option<tokio::time::Instant>>);

impl Attempts {
    pub fn of(&self, name: &str) -> Vec<tokio::time::Duration> {
        self.0.lock().unwrap().iter().filter(|(other, _)| other == name).map(|(_, at)| *at).collect()
    }

    /// Which attempt this is, from 1.
    fn note(&self, name: &str) -> u32 {
        let now = tokio::time::Instant::now();
        let begun = *self.1.lock().unwrap().get_or_insert(now);
        self.0.lock().unwrap().push((name.to_owned(), now - begun));
        u32::try_from(self.of(name).len()).unwrap()
    }
}

impl Task for Flaky {
    const NAME: &'static str = "flaky";
    const OPTIONS: TaskOptions = TaskOptions::new();
    const LOCATION: SourceLine = SourceLine::new(file!(), line!());

    fn run(self, context: &TaskContext) -> Running {
        let app = context.app::<Attempts>().expect("the runner has the app");
        if self.how == How::BlockingError {
            return Running::blocking(move || {
                if app.note(&self.name) <= self.failures { Err("not yet") } else { Ok(()) }
            });
        }
        if self.how == How::CannotBegin {
            app.note(&self.name);
            return Running::cannot_begin(TaskFailure::from_display(&"no mailbox"));
        }
        Running::future(async move {
            if app.note(&self.name) > self.failures {
                return Ok(());
            }
            match self.how {
                How::Panic => panic!("not yet"),
                How::Hang => std::future::pending().await,
                How::Error | How::BlockingError | How::CannotBegin => Err("not yet"),
            }
        })
    }
}

pub fn flaky(name: &str, failures: u32, how: How) -> Flaky {
    Flaky { name: name.to_owned(), failures, how }
}

pub fn with_attempts(runner: &Runner) -> Arc<Attempts> {
    let attempts = Arc::new(Attempts::default());
    runner.set_app(attempts.clone());
    attempts
}
