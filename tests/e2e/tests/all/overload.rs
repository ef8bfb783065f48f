//! Promise 9: above the limit there are 503s and nothing else, nothing that was accepted is lost, and it ends by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use epilogue::IntoResponse;
use epilogue::prelude::*;
use epilogue_e2e::{Gate, Served, request};
use http_body_util::BodyExt;

const LIMIT: usize = 50;
const CLIENTS: usize = 20;
const PER_REQUEST: usize = 3;
async fn wait(gate: Gate) {
    gate.pass().await;
}

#[post("/work")]
async fn work(tasks: &BackgroundTasks, gate: State<Gate>) {
    for _ in 0..PER_REQUEST {
        tasks.add_task(wait, ((*gate).clone(),));
    }
}

#[get("/plain")]
async fn plain() -> &'static str {
    "needs no tasks"
}

/// Sends until it has been refused this many times; returns how often it was not.
async fn until_refused(served: &Served, app: &App, refusals: usize, most: &AtomicU64) -> u64 {
    let mut client = served.http1().await;
    let (mut taken, mut refused) = (0, 0);
    while refused < refusals {
        client.ready().await.unwrap();
        let reply = client.send_request(request("POST", "/work")).await.unwrap();
        match reply.status().as_u16() {
            200 => taken += 1,
            503 => {
                assert_eq!(reply.headers()["retry-after"], "2");
                refused += 1;
            }
            other => panic!("{other} is neither taken nor refused"),
        }
        let stats = app.task_stats();
        most.fetch_max(stats.queued + stats.running, Ordering::Relaxed);
        reply.into_body().collect().await.unwrap();
    }
    taken
}

#[dependency(exit = leave)]
fn session(gate: State<Gate>) -> Gate {
    (*gate).clone()
}

async fn leave(gate: &Gate, _outcome: &Outcome) {
    gate.pass().await;
}

#[get("/session")]
async fn with_exit(_session: Depends<session>) {}

#[dependency(scope = "function", exit = commit)]
fn transaction() {}

async fn commit(_: &(), _outcome: &Outcome) {}

#[get("/transaction")]
async fn with_early_exit(_transaction: Depends<transaction>) {}

#[tokio::test]
async fn exits_that_wait_are_bounded_too() {
    let gate = Gate::default();
    let limits = TaskLimits::default().pending(3);
    let app = App::new().state(gate.clone()).tasks(limits).routes(routes![with_exit, with_early_exit]);
    let served = Served::new(app.clone()).await;
    for status in [200, 200, 200, 503] {
        assert_eq!(served.get("/session").await.status(), status);
    }
    // Its exit does not outlive the reply.
    assert_eq!(served.get("/transaction").await.status(), 200);
    gate.open();
    served.stop().await.unwrap();
}

/// Only its replies show that it adds tasks.
#[post("/own")]
async fn own_tasks(gate: State<Gate>) -> (Background, Background) {
    let task = || Background::task(wait, ((*gate).clone(),));
    (task(), task())
}

#[tokio::test]
async fn a_test_client_meets_the_same_limit() {
    #[post("/one")]
    async fn one(tasks: &BackgroundTasks, gate: State<Gate>) {
        tasks.add_task(wait, ((*gate).clone(),));
    }

    let gate = Gate::default();
    let app = App::new().state(gate.clone()).tasks(TaskLimits::default().pending(2)).routes(routes![one]);
    let client = epilogue::testing::TestClient::new(app);
    let mut replies = Vec::new();
    for status in [200, 200, 503] {
        let reply = client.post("/one").reply_only().await;
        assert_eq!(reply.status(), status);
        replies.push(reply);
    }
    gate.open();
}

#[tokio::test]
async fn the_tasks_of_replies_count_too() {
    let gate = Gate::default();
    let app =
        App::new().state(gate.clone()).tasks(TaskLimits::default().pending(5)).routes(routes![own_tasks]);
    let served = Served::new(app.clone()).await;
    for status in [200, 200, 503] {
        assert_eq!(served.send(request("POST", "/own")).await.status(), status);
    }
    gate.open();
    served.stop().await.unwrap();
    assert_eq!(app.task_stats().succeeded, 4);
}

#[tokio::test]
async fn what_one_request_added_is_forgotten_by_those_that_add_nothing() {
    #[post("/rarely")]
    async fn rarely(tasks: Query<usize>, waits: Query<bool>, gate: State<Gate>) -> epilogue::Response {
        if *waits {
            gate.pass().await;
        }
        let task = || Background::task(async || (), ());
        (0..*tasks).fold(().into_response(), |reply, _| (task(), reply).into_response())
    }

    let gate = Gate::default();
    let app = App::new().state(gate.clone()).tasks(TaskLimits::default().pending(10));
    let client = epilogue::testing::TestClient::new(app.routes(routes![rarely]));
    assert_eq!(client.post("/rarely?tasks=6&waits=false").send().await.tasks().len(), 6);
    for _ in 0..20 {
        client.post("/rarely?tasks=0&waits=false").send().await;
    }
    let all = (0..10).map(|_| client.post("/rarely?tasks=0&waits=true").send());
    let opened = async { gate.open() };
    let (replies, ()) = futures_util::join!(futures_util::future::join_all(all), opened);
    assert!(replies.iter().all(|reply| reply.status() == 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_limit_requests_are_refused_and_nothing_else() {
    let gate = Gate::default();
    let limits = TaskLimits::default().pending(LIMIT).retry_after(Duration::from_secs(2));
    let app = App::new().state(gate.clone()).tasks(limits).routes(routes![work, plain]);
    let served = Arc::new(Served::new(app.clone()).await);
    // After this it is known how many tasks such a request adds.
    assert_eq!(served.send(request("POST", "/work")).await.status(), 200);
    let most = Arc::new(AtomicU64::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (served, app, most) = (served.clone(), app.clone(), most.clone());
        clients.spawn(async move { until_refused(&served, &app, 50, &most).await });
    }
    let mut taken = 1;
    while let Some(client) = clients.join_next().await {
        taken += client.unwrap();
    }
    assert_eq!(served.get("/plain").await.status(), 200, "a route without tasks is not refused");
    let (most, stats) = (most.load(Ordering::Relaxed), app.task_stats());
    assert_eq!(
        most as usize,
        LIMIT / PER_REQUEST * PER_REQUEST,
        "as many as there are places for, and no more"
    );
    assert_eq!(stats.accepted(), taken * PER_REQUEST as u64, "what was refused has left nothing");
    assert_eq!(stats.queued + stats.running, stats.accepted(), "the gate is closed");

    gate.open();
    while app.task_stats().queued + app.task_stats().running > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(served.send(request("POST", "/work")).await.status(), 200, "it has recovered");
    Arc::into_inner(served).unwrap().stop().await.unwrap();
    let stats = app.task_stats();
    assert_eq!((stats.succeeded, stats.abandoned), ((taken + 1) * PER_REQUEST as u64, 0));
}

/// With the default limits: blocking tasks fill their own places, not tokio's blocking pool, which blocking path functions need.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_tasks_leave_room_for_blocking_path_functions() {
    fn hold(gate: Gate) {
        tokio::runtime::Handle::current().block_on(gate.pass());
    }

    #[post("/hold")]
    async fn holds(tasks: &BackgroundTasks, gate: State<Gate>) {
        tasks.add_task(hold, ((*gate).clone(),));
    }

    #[get("/blocking", blocking)]
    fn blocking() -> &'static str {
        "answered"
    }

    let gate = Gate::default();
    let app = App::new().state(gate.clone()).routes(routes![holds, blocking]);
    let served = Served::new(app.clone()).await;
    // More than the pool's number of threads.
    for _ in 0..600 {
        assert_eq!(served.send(request("POST", "/hold")).await.status(), 200);
    }
    assert_eq!(served.get("/blocking").await.body(), "answered");
    gate.open();
    served.stop().await.unwrap();
    assert_eq!(app.task_stats().succeeded, 600);
}
