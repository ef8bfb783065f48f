//! What happens to tasks can be seen: by an observer, in the log and in spans.

mod support;

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use epilogue_runtime::{Batch, Runner, TaskEvent, TaskLimits, TaskObserver};
use support::{How, flaky, list, with_attempts};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

#[derive(Default)]
struct Counts(Mutex<BTreeMap<&'static str, u64>>, Mutex<Vec<String>>);

impl Counts {
    fn add(&self, event: &'static str, task: &TaskEvent<'_>) {
        *self.0.lock().unwrap().entry(event).or_default() += 1;
        self.1.lock().unwrap().push(format!(
            "{event} {} {} {}",
            task.name,
            task.attempt,
            task.error.unwrap_or("-")
        ));
    }
}

impl TaskObserver for Counts {
    fn queued(&self, task: &TaskEvent<'_>) {
        self.add("queued", task);
    }
    fn started(&self, task: &TaskEvent<'_>) {
        self.add("started", task);
    }
    fn succeeded(&self, task: &TaskEvent<'_>) {
        self.add("succeeded", task);
    }
    fn failed(&self, task: &TaskEvent<'_>) {
        self.add("failed", task);
        panic!("an observer's own trouble");
    }
    fn panicked(&self, task: &TaskEvent<'_>) {
        self.add("panicked", task);
    }
    fn timed_out(&self, task: &TaskEvent<'_>) {
        assert_eq!(task.took.as_secs(), 5);
        self.add("timed out", task);
    }
    fn retried(&self, task: &TaskEvent<'_>) {
        self.add("retried", task);
    }
    fn abandoned(&self, task: &TaskEvent<'_>) {
        self.add("abandoned", task);
    }
    fn discarded(&self, task: &TaskEvent<'_>) {
        self.add("discarded", task);
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_each_event_once() {
    let counts = Arc::new(Counts::default());
    let runner = Runner::with_observer(TaskLimits::default(), counts.clone());
    with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add_task(async || (), ());
    tasks.add_task(async || Err("no"), ()).name("fails");
    tasks.add_task(async || assert_eq!(1, 2, "odd"), ());
    tasks.add_task(async || std::future::pending::<()>().await, ()).timeout(Duration::from_secs(5));
    tasks.add(flaky("mail", 2, How::Error)).retries(2);
    runner.submit(Batch::new(tasks));
    let failed = list(&runner);
    failed.add_task(|| (), ());
    failed.discard();
    failed.add_task(|| (), ());
    runner.idle().await;
    let hangs = list(&runner);
    hangs.add_task(async || std::future::pending::<()>().await, ());
    hangs.add_task(async || (), ());
    runner.submit(Batch::new(hangs));
    runner.drain(tokio::time::sleep(Duration::from_secs(1))).await;

    let expected = [
        ("abandoned", 2),
        ("discarded", 2),
        ("failed", 1),
        ("panicked", 1),
        ("queued", 9),
        ("retried", 2),
        ("started", 6),
        ("succeeded", 2),
        ("timed out", 1),
    ];
    assert_eq!(*counts.0.lock().unwrap(), BTreeMap::from(expected));
    assert!(counts.1.lock().unwrap().contains(&"failed fails 1 no".to_owned()));
    assert!(counts.1.lock().unwrap().contains(&"retried flaky 2 not yet".to_owned()));
    let stats = runner.stats();
    assert_eq!((stats.succeeded, stats.failed, stats.panicked, stats.timed_out), (2, 1, 1, 1));
    assert_eq!((stats.retried, stats.abandoned, stats.discarded, stats.accepted()), (2, 2, 2, 9));
}

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
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
    fn try_close(&self, span: Id) -> bool {
        self.add(format!("closed {}", span.into_u64()));
        true
    }
}

#[test]
fn failures_are_logged_in_a_span_of_the_task_with_its_source() {
    let lines = Arc::new(Lines::default());
    let dispatch = tracing::Dispatch::new(lines.clone());
    tracing::dispatcher::with_default(&dispatch, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let runner = Runner::new(TaskLimits::default());
            let tasks = list(&runner);
            tasks.add_task(async || Err("no such address"), ()).name("mail");
            runner.submit(Batch::new(tasks));
            runner.idle().await;
        });
    });
    let lines = lines.1.lock().unwrap().join("\n");
    assert!(lines.contains("span 1 task root=true name=mail request=POST /test"), "{lines}");
    assert!(lines.contains("record 1 attempt=1"), "{lines}");
    assert!(lines.contains("record 1 outcome=\"failed\""), "{lines}");
    assert!(lines.contains("record 1 duration_ms="), "{lines}");
    let error = lines.lines().find(|line| line.starts_with("ERROR")).unwrap();
    assert!(error.starts_with("ERROR in Some(1)"), "{error}");
    for word in
        ["task failed", "task=mail", "request=POST /test #", "attempt=1", "observing.rs:", "no such address"]
    {
        assert!(error.contains(word), "{word} is not in {error}");
    }
    assert!(lines.ends_with("closed 1"), "{lines}");
}
