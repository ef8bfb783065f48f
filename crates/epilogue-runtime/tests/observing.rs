//! An observer sees what happens to tasks.

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use epilogue_runtime::{Batch, Runner, TaskEvent, TaskLimits, TaskObserver, TaskOutcome};
use support::{How, flaky, list, with_attempts};

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
    fn retried(&self, task: &TaskEvent<'_>) {
        self.add("retried", task);
    }
    fn ended(&self, task: &TaskEvent<'_>, outcome: TaskOutcome) {
        assert!(outcome != TaskOutcome::TimedOut || task.took.as_secs() == 5);
        self.add(outcome.as_str(), task);
        assert_ne!(outcome, TaskOutcome::Failed, "an observer's own trouble");
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_each_event_once() {
    let counts = Arc::new(Counts::default());
    let runner = Runner::with_observers(TaskLimits::default(), vec![counts.clone()]);
    with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add_task(async || (), ());
    tasks.add_task(async || Err("no"), ()).name("fails");
    tasks.add_task(async || assert_eq!(1, 2, "odd"), ());
    tasks.add_task(async || std::future::pending::<()>().await, ()).timeout(Duration::from_secs(5));
    tasks.add(flaky("mail", 2, How::Error)).retries(2);
    Batch::new(tasks).submit();
    let failed = list(&runner);
    failed.add_task(|| (), ());
    failed.discard();
    failed.add_task(|| (), ());
    runner.idle().await;
    let hangs = list(&runner);
    hangs.add_task(async || std::future::pending::<()>().await, ());
    hangs.add_task(async || (), ());
    Batch::new(hangs).submit();
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
        ("timed_out", 1),
    ];
    assert_eq!(*counts.0.lock().unwrap(), BTreeMap::from(expected));
    assert!(counts.1.lock().unwrap().contains(&"failed fails 1 no".to_owned()));
    assert!(counts.1.lock().unwrap().contains(&"retried flaky 2 not yet".to_owned()));
    let stats = runner.stats();
    assert_eq!((stats.succeeded, stats.failed, stats.panicked, stats.timed_out), (2, 1, 1, 1));
    assert_eq!((stats.retried, stats.abandoned, stats.discarded, stats.accepted()), (2, 2, 2, 9));
}
