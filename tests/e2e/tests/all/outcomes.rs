//! Promise 6: of very many tasks each is counted once, under its outcome, and affects no other.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use epilogue::prelude::*;
use epilogue::{TaskEvent, TaskObserver, TaskOutcome};
use epilogue_e2e::{Served, hide_panics, request};
use http_body_util::BodyExt;

const REQUESTS: usize = 1_000;
const PER_REQUEST: usize = 100;
const TASKS: usize = REQUESTS * PER_REQUEST;

/// How often each task has begun.
struct Begun(Vec<AtomicU8>);

async fn task(begun: State<Begun>, number: usize) -> Result<(), String> {
    begun.0[number].fetch_add(1, Ordering::Relaxed);
    if number.is_multiple_of(7) {
        panic!("number {number}");
    }
    if number.is_multiple_of(11) {
        return Err(format!("number {number}"));
    }
    if number.is_multiple_of(13) {
        pending::<()>().await;
    }
    Ok(())
}

#[post("/{request}")]
async fn queue(request: Path<usize>, tasks: &BackgroundTasks, begun: State<Begun>) {
    tasks.concurrent(PER_REQUEST);
    for number in 0..PER_REQUEST {
        let number = *request * PER_REQUEST + number;
        tasks.add_task(task, (begun.clone(), number)).timeout(Duration::from_millis(50));
    }
}

#[derive(Default)]
struct Told {
    queued: AtomicU64,
    started: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    timed_out: AtomicU64,
}

impl TaskObserver for Told {
    fn queued(&self, _task: &TaskEvent<'_>) {
        self.queued.fetch_add(1, Ordering::Relaxed);
    }
    fn started(&self, _task: &TaskEvent<'_>) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }
    fn ended(&self, _task: &TaskEvent<'_>, outcome: TaskOutcome) {
        let count = match outcome {
            TaskOutcome::Succeeded => &self.succeeded,
            TaskOutcome::Failed => &self.failed,
            TaskOutcome::Panicked => &self.panicked,
            TaskOutcome::TimedOut => &self.timed_out,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_100_000_tasks_is_counted_once_under_its_outcome() {
    // 14,286 of them.
    hide_panics(&["number "]);
    let told = Arc::new(Told::default());
    let app = App::new()
        .state(Begun((0..TASKS).map(|_| AtomicU8::new(0)).collect()))
        .tasks(TaskLimits::default().pending(TASKS))
        .observe(told.clone())
        .routes(routes![queue, begun_once]);
    let served = Served::new(app.clone()).await;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..10 {
        let mut http = served.http1().await;
        clients.spawn(async move {
            for number in (client..REQUESTS).step_by(10) {
                http.ready().await.unwrap();
                let reply = http.send_request(request("POST", &format!("/{number}"))).await.unwrap();
                assert_eq!(reply.status(), 200);
                reply.into_body().collect().await.unwrap();
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert_eq!(served.get("/begun-once").await.status(), 200);
    served.stop().await.unwrap();

    let (mut panicked, mut failed, mut timed_out) = (0, 0, 0);
    for number in 0..TASKS {
        match number {
            _ if number.is_multiple_of(7) => panicked += 1,
            _ if number.is_multiple_of(11) => failed += 1,
            _ if number.is_multiple_of(13) => timed_out += 1,
            _ => {}
        }
    }
    let succeeded = TASKS as u64 - panicked - failed - timed_out;
    let stats = app.task_stats();
    assert_eq!((stats.panicked, stats.failed, stats.timed_out), (panicked, failed, timed_out));
    // One more, because the last check is a task itself.
    assert_eq!((stats.succeeded, stats.accepted()), (succeeded + 1, TASKS as u64 + 1));
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!((of(&told.queued), of(&told.started)), (TASKS as u64 + 1, TASKS as u64 + 1));
    assert_eq!((of(&told.panicked), of(&told.failed)), (panicked, failed));
    assert_eq!((of(&told.timed_out), of(&told.succeeded)), (timed_out, succeeded + 1));
}

/// Checks, once all are done, that each has begun exactly once.
#[get("/begun-once")]
async fn begun_once(tasks: &BackgroundTasks, begun: State<Begun>) {
    tasks.add_task(
        async move |begun: State<Begun>| {
            while begun.0.iter().any(|begun| begun.load(Ordering::Relaxed) == 0) {
                tokio::task::yield_now().await;
            }
            match begun.0.iter().position(|begun| begun.load(Ordering::Relaxed) != 1) {
                Some(twice) => Err(format!("{twice} has begun twice")),
                None => Ok(()),
            }
        },
        (begun,),
    );
}
