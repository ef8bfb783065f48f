//! Server-sent events: what is sent, when, and what follows the stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Gate, Journal, Served};
use futures_core::Stream;
use tokio::io::AsyncReadExt;

#[derive(Clone)]
struct Shared {
    journal: Journal,
    gate: Gate,
}

async fn after(shared: Shared) {
    shared.journal.write("task");
}

#[dependency(exit = close)]
fn session(shared: State<Shared>) -> Shared {
    shared.journal.write("open");
    Shared::clone(&shared)
}

async fn close(session: &Shared, _outcome: &Outcome) {
    session.journal.write("exit");
}

#[get("/events")]
async fn events(session: Depends<session>, tasks: &BackgroundTasks) -> Sse<EventStream> {
    tasks.add_task(after, (Shared::clone(&session),));
    let (events, reply) = Sse::channel();
    tokio::spawn(async move {
        events.send(Event::data("one\ntwo").event("first").id("1")).await?;
        tokio::select! {
            () = session.gate.pass() => {}
            () = events.closed() => session.journal.write("left"),
        }
        events.send(Event::data("last")).await?;
        session.journal.write("sent");
        Ok::<_, SseClosed>(())
    });
    reply.keep_alive(Duration::from_millis(50))
}

/// A custom stream that fails at its end.
struct Numbers(u32);

impl Stream for Numbers {
    type Item = Result<Event, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        Poll::Ready(Some(match self.0 {
            number @ 1..=2 => Ok(Event::json(&number).unwrap()),
            _ => Err(std::io::Error::other("no more numbers")),
        }))
    }
}

#[get("/numbers")]
async fn numbers(shared: State<Shared>, tasks: &BackgroundTasks) -> Sse<Numbers> {
    tasks.add_task(after, (Shared::clone(&shared),));
    Sse::new(Numbers(0))
}

fn app() -> (App, Entries, Gate) {
    let (journal, entries) = Journal::new();
    let gate = Gate::default();
    let app =
        App::new().routes(routes![events, numbers, endless]).state(Shared { journal, gate: gate.clone() });
    (app, entries, gate)
}

#[tokio::test]
async fn a_stream_with_its_headers() {
    let (app, mut entries, gate) = app();
    gate.open();
    let reply = TestClient::new(app).get("/events").send().await;
    let headers = ["content-type", "cache-control", "x-accel-buffering"].map(|name| reply.header(name));
    assert_eq!(headers, [Some("text/event-stream"), Some("no-cache"), Some("no")]);
    // On a slow machine it may have been silent for long enough.
    let text = reply.text().replace(": \n\n", "");
    assert_eq!(text, "event: first\nid: 1\ndata: one\ndata: two\n\ndata: last\n\n");
    let mut entries = entries.now();
    entries.retain(|entry| entry != "sent");
    assert_eq!(entries, ["open", "task", "exit"]);
}

#[tokio::test]
async fn an_error_breaks_the_reply_off_and_drops_its_tasks() {
    let (app, mut entries, _gate) = app();
    let reply = TestClient::new(app).get("/numbers").send().await;
    assert_eq!(reply.text(), "data: 1\n\ndata: 2\n\n");
    assert_eq!(reply.broken().unwrap().to_string(), "no more numbers");
    assert_eq!(entries.now(), [""; 0]);
}

/// A stream that never ends by itself.
#[get("/endless")]
async fn endless(shared: State<Shared>, shutdown: Shutdown, tasks: &BackgroundTasks) -> Sse<EventStream> {
    tasks.add_task(after, (Shared::clone(&shared),));
    let (events, reply) = Sse::channel();
    tokio::spawn(async move {
        events.send(Event::data("first")).await?;
        shutdown.begun().await;
        assert!(shutdown.is_begun());
        events.send(Event::data("last")).await
    });
    reply.keep_alive(None)
}

#[tokio::test]
async fn a_stream_that_never_ends_is_told_of_the_shutdown() {
    let (app, mut entries, _gate) = app();
    let served = Served::new(app).await;
    let mut raw = served.connect().await;
    raw.write("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    read_until(&mut raw, "data: first\n\n").await;
    let (stopped, rest) = tokio::join!(served.stop(), raw.read_to_end());
    // Nothing was cut off.
    stopped.unwrap();
    assert!(rest.contains("data: last\n\n"), "{rest}");
    assert_eq!(entries.now(), ["task"]);
}

/// Waits for the shutdown in the function, then goes on waiting in a task of its own.
#[get("/handed-on")]
async fn handed_on(shutdown: Shutdown) -> Sse<EventStream> {
    let (events, reply) = Sse::channel();
    let mut begun = Box::pin(async move { shutdown.begun().await });
    tokio::select! {
        biased;
        () = &mut begun => panic!("nothing stops yet"),
        () = std::future::ready(()) => {}
    }
    tokio::spawn(async move {
        events.send(Event::data("first")).await?;
        begun.await;
        events.send(Event::data("last")).await
    });
    reply.keep_alive(None)
}

#[tokio::test]
async fn the_shutdown_wakes_whoever_waits_now_and_not_who_asked_first() {
    let served = Served::new(App::new().routes(routes![handed_on])).await;
    let mut raw = served.connect().await;
    raw.write("GET /handed-on HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    read_until(&mut raw, "data: first\n\n").await;
    let stopped = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(served.stop(), raw.read_to_end())
    });
    let (stopped, rest) = stopped.await.expect("the stream is not told of the shutdown");
    stopped.unwrap();
    assert!(rest.contains("data: last\n\n"), "{rest}");
}

/// Reads until the text has come.
async fn read_until(raw: &mut epilogue_e2e::Raw, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        let mut buffer = [0; 1024];
        let read = raw.0.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "the connection ended after {all}");
        all.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    all
}

#[tokio::test]
async fn events_arrive_at_once_and_tasks_wait_for_the_end() {
    let (app, mut entries, gate) = app();
    let served = Served::new(app).await;
    let mut raw = served.connect().await;
    raw.write("GET /events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    read_until(&mut raw, "data: two\n\n").await;
    // Comments break the silence.
    read_until(&mut raw, ": \n\n").await;
    read_until(&mut raw, ": \n\n").await;
    assert_eq!(entries.now(), ["open"]);
    gate.open();
    let rest = raw.read_to_end().await;
    assert!(rest.contains("data: last\n\n"), "{rest}");
    assert_eq!(entries.take(3).await, ["sent", "task", "exit"]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_stream_and_its_tasks_run() {
    let (app, mut entries, _gate) = app();
    let served = Served::new(app).await;
    for _ in 0..2 {
        let mut raw = served.connect().await;
        raw.write("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        read_until(&mut raw, "data: two\n\n").await;
        raw.reset();
        let mut lines = entries.take(4).await;
        lines.retain(|line| line != "left");
        assert_eq!(lines, ["open", "task", "exit"]);
    }
    served.stop().await.unwrap();
}
