//! Promises 5 and 10: clients that leave at random moments take nothing with them. The tasks and exits of every request that
//! reached its path function have run, each once.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use epilogue::prelude::*;
use epilogue_e2e::{Entries, Gate, Journal, Random, Raw, Served, request};
use http_body_util::{BodyExt, Full};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tower::ServiceExt;

const CLIENTS: usize = 2_000;
const AT_ONCE: usize = 100;
const SEED: u64 = 0x5eed_0005;

struct Session(Journal, usize);

#[dependency(exit = close)]
fn session(id: Path<usize>, journal: State<Journal>) -> Session {
    journal.write(format!("enter {}", *id));
    Session((*journal).clone(), *id)
}

async fn close(session: &Session, _outcome: &Outcome) {
    session.0.write(format!("exit {}", session.1));
}

async fn note(journal: State<Journal>, line: String) {
    journal.write(line);
}

/// Larger than what sockets buffer on the way, so that a client can leave in the middle of it.
const REPLY: usize = 6 * 1024 * 1024;

#[post("/{id}")]
async fn work(
    id: Path<usize>,
    body: Bytes,
    session: Depends<session>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
    reply: State<Bytes>,
) -> Bytes {
    journal.write(format!("function {}", *id));
    tasks.add_task(note, (journal.clone(), format!("first {}", *id)));
    // Some points at which it can be noticed that the client has gone.
    for _ in 0..body.len() % 8 {
        tokio::task::yield_now().await;
    }
    tasks.add_task(note, (journal.clone(), format!("second {}", *id)));
    drop(session);
    (*reply).clone()
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    let reply = Bytes::from(vec![b'x'; REPLY]);
    (App::new().state(journal).state(reply).routes(routes![work]), entries)
}

/// When a client leaves.
#[derive(Debug, Clone, Copy)]
enum Leaves {
    BeforeTheHead,
    InTheHead,
    InTheBody,
    WhileItRuns,
    InTheReply,
    AfterTheReply,
}

async fn visit(mut client: Raw, id: usize, leaves: Leaves, at: usize, resets: bool) {
    let body = "b".repeat(64 + id % 64);
    let head = format!(
        "POST /{id} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    match leaves {
        Leaves::BeforeTheHead => {}
        Leaves::InTheHead => client.write(&head[..1 + at % (head.len() - 1)]).await,
        Leaves::InTheBody => client.write(format!("{head}{}", &body[..at % body.len()])).await,
        Leaves::WhileItRuns => {
            client.write(format!("{head}{body}")).await;
            for _ in 0..at % 16 {
                tokio::task::yield_now().await;
            }
        }
        Leaves::InTheReply => {
            client.write(format!("{head}{body}")).await;
            client.read_at_least(1 + at % 65_536).await;
        }
        Leaves::AfterTheReply => {
            client.write(format!("{head}{body}")).await;
            assert!(client.read_to_end().await.len() > REPLY);
        }
    }
    if resets {
        client.reset();
    } else {
        // The other way to leave: it says so.
        let _ = client.0.shutdown().await;
    }
}

/// What was written for each request, in order.
fn by_request(lines: Vec<String>) -> HashMap<usize, Vec<String>> {
    let mut requests: HashMap<usize, Vec<String>> = HashMap::new();
    for line in lines {
        let (what, id) = line.split_once(' ').unwrap();
        requests.entry(id.parse().unwrap()).or_default().push(what.to_owned());
    }
    requests
}

fn check(lines: Vec<String>) -> usize {
    let requests = by_request(lines);
    for (id, lines) in &requests {
        assert_eq!(*lines, ["enter", "function", "first", "second", "exit"], "request {id}");
    }
    requests.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_2_000_clients_that_leave_at_random_moments_no_request_is_left_half_done() {
    let (app, mut entries) = app();
    let served = Served::new(app.clone()).await;
    let mut random = Random::of(SEED);
    let mut clients = JoinSet::new();
    let mut surely = 0;
    for id in 0..CLIENTS {
        if clients.len() == AT_ONCE {
            clients.join_next().await.unwrap().unwrap();
        }
        let leaves = match random.below(6) {
            0 => Leaves::BeforeTheHead,
            1 => Leaves::InTheHead,
            2 => Leaves::InTheBody,
            3 => Leaves::WhileItRuns,
            4 => Leaves::InTheReply,
            _ => Leaves::AfterTheReply,
        };
        surely += usize::from(matches!(leaves, Leaves::InTheReply | Leaves::AfterTheReply));
        let (at, resets) = (random.below(1 << 20), random.below(2) == 0);
        clients.spawn(visit(served.connect().await, id, leaves, at, resets));
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    served.stop().await.unwrap();
    let reached = check(entries.now());
    assert!(reached >= surely, "{reached} requests reached their function, {surely} got a reply");
    let stats = app.task_stats();
    assert_eq!((stats.succeeded, stats.accepted()), (2 * reached as u64, 2 * reached as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_500_http2_requests_that_are_taken_back_at_random_moments_none_is_left_half_done() {
    let (app, mut entries) = app();
    let served = Served::new(app.clone()).await;
    let mut random = Random::of(SEED);
    for connection in 0..25 {
        let client = served.http2().await;
        let mut requests = JoinSet::new();
        for stream in 0..20 {
            let (mut client, id) = (client.clone(), connection * 20 + stream);
            let (leaves, at) = (random.below(3), random.below(32));
            requests.spawn(async move {
                let request = http::Request::post(format!("http://localhost/{id}"))
                    .body(Full::from(vec![b'b'; 64 + id % 64]))
                    .unwrap();
                let mut reply = Box::pin(client.send_request(request));
                if leaves == 0 {
                    for _ in 0..at {
                        if futures_poll_once(&mut reply).await.is_some() {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                    return;
                }
                let mut body = reply.await.unwrap().into_body();
                if leaves == 1 {
                    body.frame().await.unwrap().unwrap();
                } else {
                    assert_eq!(body.collect().await.unwrap().to_bytes().len(), REPLY);
                }
            });
        }
        while let Some(request) = requests.join_next().await {
            request.unwrap();
        }
    }
    served.stop().await.unwrap();
    let reached = check(entries.now());
    assert!(reached > 250, "{reached}");
    assert_eq!(app.task_stats().succeeded, 2 * reached as u64);
}

/// Polls a future once.
async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// Requests that go on without their client count against the limit, so coming and leaving cannot pile up work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_a_client_count_against_the_limit() {
    #[get("/waits")]
    async fn waits(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) {
        journal.write("entered");
        gate.pass().await;
        tasks.add_task(note, (journal, "task".into()));
    }

    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let limits = TaskLimits::default().pending(5).retry_after(Duration::from_secs(7));
    let app = App::new().state(journal).state(gate.clone()).tasks(limits).routes(routes![waits]);
    let served = Served::new(app.clone()).await;
    for _ in 0..5 {
        let mut client = served.connect().await;
        client.write("GET /waits HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert_eq!(entries.next().await, "entered");
        client.reset();
    }
    while app.task_stats().kept < 5 {
        tokio::task::yield_now().await;
    }
    let refused = served.get("/waits").await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "7");
    gate.open();
    assert_eq!(entries.take(5).await, ["task"; 5]);
    while app.task_stats().kept > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(served.get("/waits").await.status(), 200);
    served.stop().await.unwrap();
}

#[dependency(scope = "function", exit = commit)]
fn transaction(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

async fn commit(journal: &Journal, outcome: &Outcome) {
    journal.write(if outcome.is_success() { "committed" } else { "rolled back" });
}

#[post("/orders")]
async fn order(transaction: Depends<transaction>, gate: State<Gate>) {
    transaction.write("begun");
    gate.pass().await;
    transaction.write("ordered");
}

/// Those that owe only an exit before the reply have no places. They are counted apart, and what they do not add to is not held up.
#[tokio::test]
async fn requests_without_a_client_are_bounded_if_they_owe_nothing_after_the_reply_too() {
    #[post("/tasks")]
    async fn adds(tasks: &BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal, "task".into()));
    }

    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let app = App::new().state(journal).state(gate.clone()).tasks(TaskLimits::default().pending(3));
    let app = app.routes(routes![order, adds]);
    let served = Served::new(app.clone()).await;
    let client = served.http2().await;
    for _ in 0..3 {
        let mut reply = Box::pin(client.clone().send_request(request("POST", "/orders")));
        assert!(futures_poll_once(&mut reply).await.is_none());
        assert_eq!(entries.next().await, "begun");
    }
    while app.task_stats().kept < 3 {
        tokio::task::yield_now().await;
    }
    let refused = served.send(request("POST", "/orders")).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(served.send(request("POST", "/tasks")).await.status(), 200);
    assert_eq!(entries.next().await, "task");
    gate.open();
    let mut ended = entries.take(6).await;
    ended.sort();
    assert_eq!(ended, ["committed", "committed", "committed", "ordered", "ordered", "ordered"]);
    while app.task_stats().kept > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(served.send(request("POST", "/orders")).await.status(), 200);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_that_leaves_only_an_exit_before_its_reply_is_run_to_its_end() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let app = App::new().state(journal).state(gate.clone()).routes(routes![order]);
    let running = tokio::spawn(app.oneshot(request("POST", "/orders")));
    assert_eq!(entries.next().await, "begun");
    running.abort();
    assert!(running.await.is_err());
    gate.open();
    assert_eq!(entries.take(2).await, ["ordered", "committed"]);
}
