//! The log and spans show what happens to tasks.
//!
//! This runs in a process of its own: if another test reached one of the log's call sites first, with nobody listening, `tracing` would
//! remember that and keep it disabled.

mod support;

use std::{
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use epilogue_runtime::{Background, Batch, Runner, TaskLimits};
use support::{How, flaky, list, with_attempts};
use tokio::time::sleep;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Writes down spans and events as lines.
#[derive(Default)]
struct Lines(AtomicU64, Mutex<Vec<String>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Lines {
    fn add(&self, line: String) {
        self.1.lock().unwrap().push(line);
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "epilogue::task"
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        self.add(format!("span {id} {} root={}{}", span.metadata().name(), span.is_root(), fields.0));
        Id::from_u64(id)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.add(format!("record {}{}", span.into_u64(), fields.0));
    }
    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.add(format!("follows {} {}", span.into_u64(), follows.into_u64()));
    }
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let parent = event.parent().map(Id::into_u64);
        self.add(format!("{} in {parent:?}{}", event.metadata().level(), fields.0));
    }
    fn enter(&self, span: &Id) {
        self.add(format!("entered {}", span.into_u64()));
    }
    fn exit(&self, _: &Id) {}
    fn try_close(&self, span: Id) -> bool {
        self.add(format!("closed {}", span.into_u64()));
        true
    }
}

#[test]
fn failures_are_logged_in_a_span_of_the_task_with_its_source() {
    for timeout in [None, Some(Duration::from_hours(1))] {
        let lines = lines_of_a_failure(timeout);
        assert!(lines.contains("span 1 task root=true task=mail request=POST /test"), "{lines}");
        assert!(lines.contains("entered 1"), "{lines}");
        assert!(lines.contains("record 1 attempt=1"), "{lines}");
        assert!(lines.contains("record 1 outcome=\"failed\""), "{lines}");
        assert!(lines.contains("record 1 duration_ms=2000"), "{lines}");
        let error = lines.lines().find(|line| line.starts_with("ERROR")).unwrap();
        assert!(error.starts_with("ERROR in Some(1)"), "{error}");
        for word in
            ["task failed", "task=mail", "request=POST /test #", "attempt=1", "spans.rs:", "no such address"]
        {
            assert!(error.contains(word), "{word} is not in {error}");
        }
        assert!(lines.ends_with("closed 1"), "{lines}");
    }
}

fn lines_of_a_failure(timeout: Option<Duration>) -> String {
    let lines = Arc::new(Lines::default());
    let dispatch = tracing::Dispatch::new(lines.clone());
    tracing::dispatcher::with_default(&dispatch, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let runner = Runner::new(TaskLimits::default());
            let tasks = list(&runner);
            let fails = async || {
                sleep(Duration::from_secs(2)).await;
                Err("no such address")
            };
            let task = || tasks.add_task(fails, ()).name("mail");
            match timeout {
                Some(timeout) => task().timeout(timeout),
                None => task(),
            };
            Batch::new(tasks).submit();
            // All is run, so the drain itself has nothing to report.
            runner.drain(std::future::pending()).await;
        });
    });
    lines.1.lock().unwrap().join("\n")
}

#[test]
fn a_task_that_is_abandoned_is_logged_with_the_error_of_its_last_attempt() {
    let lines = Arc::new(Lines::default());
    let dispatch = tracing::Dispatch::new(lines.clone());
    tracing::dispatcher::with_default(&dispatch, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let runner = Runner::new(TaskLimits::default());
            with_attempts(&runner);
            let tasks = list(&runner);
            tasks.add(flaky("mail", u32::MAX, How::Error)).retries(u32::MAX);
            tasks.add_task(std::future::pending::<()>, ());
            Batch::new(tasks).submit();
            let first_has_failed = async {
                while runner.stats().retried == 0 {
                    tokio::task::yield_now().await;
                }
            };
            runner.drain(first_has_failed).await;
        });
    });
    let lines = lines.1.lock().unwrap().join("\n");
    let abandoned: Vec<_> = lines.lines().filter(|line| line.contains("task abandoned")).collect();
    assert!(abandoned[0].contains("attempt=1") && abandoned[0].contains("last_error=\"not yet\""), "{lines}");
    assert!(abandoned[1].contains("attempt=0") && !abandoned[1].contains("last_error"), "{lines}");
    assert!(lines.contains("outcome=\"abandoned\""), "{lines}");
    assert!(lines.contains("shutdown was cut short"), "{lines}");
}

#[test]
fn the_tasks_of_a_reply_that_never_left_are_logged() {
    let lines = Arc::new(Lines::default());
    let dispatch = tracing::Dispatch::new(lines.clone());
    tracing::dispatcher::with_default(&dispatch, || {
        let tasks = list(&Runner::new(TaskLimits::default()));
        let background = Background::task(|| (), ()).name("mail").and(|| (), ());
        assert_eq!(tasks.append(background.clone()), 2);
        tasks.discard();
        drop(background);
        assert!(!lines.1.lock().unwrap().iter().any(|line| line.starts_with("WARN")), "it was empty");
        drop(Background::task(|| (), ()).name("mail").and(|| (), ()));
    });
    let lines = lines.1.lock().unwrap();
    let last = lines.last().unwrap();
    assert!(last.starts_with("WARN") && last.contains(" tasks=2 first=mail source="), "{last}");
}
