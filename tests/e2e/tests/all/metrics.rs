//! The feature `metrics`: what the recorder of the `metrics` crate is told about tasks.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue::{TaskEvent, TaskMetrics, TaskObserver};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::sync::Notify;

#[task(retries = 1)]
async fn never_works() -> Result<(), String> {
    Err("on purpose".into())
}

async fn panics() {
    panic!("on purpose");
}

#[post("/")]
async fn queue(tasks: &BackgroundTasks) {
    tasks.add_task(async || tokio::time::sleep(Duration::from_secs(2)).await, ()).name("works");
    tasks.add_task(panics, ()).name("panics");
    tasks.add_task(pending::<()>, ()).name("hangs").timeout(Duration::from_secs(5));
    tasks.add(never_works {});
}

#[post("/fails")]
async fn fails(tasks: &BackgroundTasks) -> Result<(), HttpError> {
    tasks.add_task(async || (), ()).name("dropped");
    Err(HttpError::new(StatusCode::CONFLICT, "on purpose"))
}

#[post("/stuck")]
async fn stuck(tasks: &BackgroundTasks, begun: State<Arc<Notify>>) {
    let begun = Arc::clone(&begun);
    let never_ends = async move || {
        begun.notify_one();
        pending::<()>().await;
    };
    tasks.add_task(never_ends, ()).name("stuck");
    tasks.add_task(async || (), ()).name("waits");
}

/// By name and labels; a histogram as the number of its values.
fn values(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let value = |value| match value {
        DebugValue::Counter(count) => f64::from(u32::try_from(count).unwrap()),
        DebugValue::Gauge(value) => value.into_inner(),
        DebugValue::Histogram(values) => f64::from(u32::try_from(values.len()).unwrap()),
    };
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _unit, description, now)| {
        assert!(description.is_some(), "{key:?} is not described");
        let labels = key.key().labels().map(|label| format!(" {}={}", label.key(), label.value()));
        (format!("{}{}", key.key().name(), labels.collect::<String>()), value(now))
    })
    .collect()
}

#[derive(Default)]
struct Started(AtomicU64);

impl TaskObserver for Started {
    fn started(&self, _task: &TaskEvent<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
#[allow(clippy::float_cmp, reason = "they are whole numbers")]
async fn each_event_is_told_to_the_recorder() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let started = Arc::new(Started::default());
    let begun = Arc::new(Notify::new());
    let app = App::new()
        .state(begun.clone())
        .observe(Arc::new(TaskMetrics::new()))
        .observe(started.clone())
        .tasks(TaskLimits::default().grace(Duration::from_secs(1)))
        .routes(routes![queue, fails, stuck]);
    let client = TestClient::new(app.clone());
    client.post("/").send().await;
    client.post("/fails").send().await;
    client.post("/stuck").reply_only().await;
    begun.notified().await;
    let before = values(&snapshotter);
    assert_eq!(
        (before["epilogue_tasks_pending"], before["epilogue_tasks_running"]),
        (2.0, 1.0),
        "`stuck` runs and `waits` waits"
    );
    app.drain().await.unwrap_err();
    let after = values(&snapshotter);
    // This recorder forgets what it has shown each time that it is asked.
    let in_all = |name: &str| before.get(name).unwrap_or(&0.0) + after.get(name).unwrap_or(&0.0);

    for (name, expected) in [
        ("epilogue_tasks_pending", 0.0),
        ("epilogue_tasks_running", 0.0),
        ("epilogue_tasks_queued_total task=works", 1.0),
        ("epilogue_tasks_queued_total task=dropped", 1.0),
        ("epilogue_tasks_ended_total task=works outcome=succeeded", 1.0),
        ("epilogue_tasks_ended_total task=panics outcome=panicked", 1.0),
        ("epilogue_tasks_ended_total task=hangs outcome=timed_out", 1.0),
        ("epilogue_tasks_ended_total task=never_works outcome=failed", 1.0),
        ("epilogue_tasks_retried_total task=never_works", 1.0),
        ("epilogue_tasks_ended_total task=dropped outcome=discarded", 1.0),
        ("epilogue_tasks_ended_total task=stuck outcome=abandoned", 1.0),
        ("epilogue_tasks_ended_total task=waits outcome=abandoned", 1.0),
        ("epilogue_task_duration_seconds task=works outcome=succeeded", 1.0),
        ("epilogue_task_duration_seconds task=stuck outcome=abandoned", 0.0),
        ("epilogue_task_duration_seconds task=hangs outcome=timed_out", 1.0),
        ("epilogue_task_duration_seconds task=dropped outcome=discarded", 0.0),
    ] {
        assert_eq!(in_all(name), expected, "{name}: {before:?} {after:?}");
    }
    assert_eq!(started.0.load(Ordering::Relaxed), 5, "the second observer is told, too");
}
