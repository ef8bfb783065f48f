//! What differs on HTTP/2 from HTTP/1.1, but must have the same result.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use epilogue::Body;
use epilogue::prelude::*;
use epilogue_e2e::{Clock, Entries, Gate, HTTP2, Journal, Served, frame, head, settle};
use futures_util::stream::{self, StreamExt};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};

async fn note(journal: State<Journal>, line: &'static str) {
    journal.write(line);
}

fn request(method: &str, path: &str) -> http::Request<Full<Bytes>> {
    let request = http::Request::builder().method(method).uri(format!("http://localhost{path}"));
    request.body(Full::default()).unwrap()
}

#[get("/text")]
async fn text(tasks: &BackgroundTasks, journal: State<Journal>) -> &'static str {
    tasks.add_task(note, (journal, "text"));
    "twelve bytes"
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    (App::new().state(journal).routes(routes![text, nothing, unchanged, reset, upload, streamed]), entries)
}

fn layered(app: App) -> App {
    app.layer(tower_http::set_header::SetResponseHeaderLayer::overriding(
        http::HeaderName::from_static("x-layer"),
        http::HeaderValue::from_static("1"),
    ))
}

/// Streams are tasks of their own, which may end after their connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_task_is_lost_when_a_client_leaves_during_the_shutdown() {
    const STREAMS: usize = 150;

    for _ in 0..4 {
        let (app, mut entries) = app();
        let served = Served::new(app).await;
        let mut client = served.http2_without_room().await;
        let mut replies = Vec::new();
        for _ in 0..STREAMS {
            replies.push(client.send_request(request("GET", "/text")).await.unwrap());
        }
        let stopping = tokio::spawn(served.stop());
        drop((client, replies));
        stopping.await.unwrap().unwrap();
        assert_eq!(entries.now().len(), STREAMS);
    }
}

#[get("/nothing")]
async fn nothing(tasks: &BackgroundTasks, journal: State<Journal>) -> (StatusCode, &'static str) {
    tasks.add_task(note, (journal, "nothing"));
    (StatusCode::NO_CONTENT, "a body that no such reply has")
}

#[get("/unchanged")]
async fn unchanged(tasks: &BackgroundTasks, journal: State<Journal>) -> (StatusCode, &'static str) {
    tasks.add_task(note, (journal, "unchanged"));
    (StatusCode::NOT_MODIFIED, "a body that no such reply has")
}

#[get("/reset")]
async fn reset(tasks: &BackgroundTasks, journal: State<Journal>) -> Response {
    tasks.add_task(note, (journal, "reset"));
    let text = "a body that no such reply has";
    let mut reply = (StatusCode::RESET_CONTENT, text).into_response();
    reply.headers_mut().insert(http::header::CONTENT_LENGTH, text.len().into());
    reply
}

#[tokio::test]
async fn a_reply_without_content_has_none() {
    for is_layered in [false, true] {
        let (app, mut entries) = app();
        let served = Served::new(if is_layered { layered(app) } else { app }).await;
        let mut client = served.http2().await;
        let rows = [
            ("HEAD", "/text", 200, Some("12")),
            ("GET", "/nothing", 204, None),
            ("GET", "/unchanged", 304, None),
            ("GET", "/reset", 205, None),
            ("HEAD", "/unknown", 404, Some("22")),
        ];
        for (method, path, status, length) in rows {
            let reply = client.send_request(request(method, path)).await.unwrap();
            assert_eq!(reply.status(), status);
            assert_eq!(reply.headers().contains_key("x-layer"), is_layered);
            let told = reply.headers().get("content-length").map(|length| length.to_str().unwrap());
            assert_eq!(told, length, "{method} {path}");
            assert!(reply.body().is_end_stream(), "{method} {path} has a body");
            reply.into_body().collect().await.unwrap();
        }
        assert_eq!(entries.take(4).await, ["text", "nothing", "unchanged", "reset"]);
        served.stop().await.unwrap();
    }
}

#[get("/continue")]
async fn goes_on(tasks: &BackgroundTasks, journal: State<Journal>) -> (StatusCode, &'static str) {
    tasks.add_task(note, (journal, "continue"));
    (StatusCode::CONTINUE, "a body that no such reply has")
}

/// A client ends the connection, with all other requests, when it gets one as the reply.
#[tokio::test]
async fn a_status_that_cannot_be_the_last_is_a_500() {
    let (app, mut entries) = app();
    let served = Served::new(app.routes(routes![goes_on])).await;
    let mut client = served.http2().await;
    for (path, status, body) in [("/continue", 500, ""), ("/text", 200, "twelve bytes")] {
        let reply = client.send_request(request("GET", path)).await.unwrap();
        assert_eq!(reply.status(), status);
        assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), body);
    }
    assert_eq!(entries.take(2).await, ["continue", "text"]);
    served.stop().await.unwrap();
}

#[post("/upload")]
async fn upload(body: Bytes, journal: State<Journal>) {
    journal.write(format!("ran with {}", body.len()));
}

#[post("/streamed")]
async fn streamed(body: Extract<Body>, journal: State<Journal>) {
    let whole = body.into_inner().collect().await;
    journal.write(if whole.is_ok() { "whole" } else { "broken off" });
}

/// hyper takes a stream that was reset without an error for one that has ended.
#[tokio::test]
async fn an_upload_that_is_taken_back_is_not_whole() {
    for is_layered in [false, true] {
        let (app, mut entries) = app();
        let served = Served::new(if is_layered { layered(app) } else { app }).await;
        let mut client = served.connect().await;
        client.write(HTTP2).await;
        for (stream, path) in [(1, "/upload"), (3, "/streamed")] {
            client.write(head(stream, Method::POST, path, 0x4)).await;
            client.write(frame(0x0, 0, stream, b"half")).await;
            client.write(frame(0x3, 0, stream, &[0; 4])).await;
        }
        assert_eq!(entries.next().await, "broken off");
        drop(client);
        served.stop().await.unwrap();
        assert_eq!(entries.now(), [""; 0]);
    }
}

/// Without a limit, the server would wait for a client that grants no room for the reply until the grace period ends.
#[tokio::test]
async fn a_client_without_room_does_not_hold_up_the_end() {
    let (clock, (app, mut entries)) = (Clock::stopped(), app());
    let served = Served::new(app.tasks(TaskLimits::default().grace(Duration::from_secs(3)))).await;
    let mut client = served.http2_without_room().await;
    let reply = client.send_request(request("GET", "/text")).await.unwrap();
    clock.passes_until(served.stop()).await.unwrap();
    assert_eq!(entries.now(), ["text"]);
    drop(reply);
}

/// Neither the limit for what a client takes nor the stop is for the app.
#[tokio::test]
async fn a_reply_may_wait_for_the_app_for_any_time() {
    #[get("/silent")]
    async fn silent(gate: State<Gate>) -> Body {
        let gate = (*gate).clone();
        let last = stream::once(async move {
            gate.pass().await;
            "last"
        });
        let pieces = stream::iter(["first"]).chain(last);
        let frames =
            pieces.map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from_static(piece.as_bytes()))));
        Body::new(StreamBody::new(frames))
    }

    let (clock, gate) = (Clock::stopped(), Gate::default());
    let limits = TaskLimits::default().grace(Duration::from_secs(3));
    let app = App::new().state(gate.clone()).tasks(limits).routes(routes![silent]);
    let served = Served::with(app, |server| server.reply_write_timeout(Duration::from_millis(50))).await;
    let mut client = served.http2().await;
    let mut body = client.send_request(request("GET", "/silent")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
    clock.passes(Duration::from_secs(1)).await;
    let stopping = tokio::spawn(served.stop());
    // More than the third of the grace period that a client would have.
    clock.passes(Duration::from_secs(2)).await;
    gate.open();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "last");
    stopping.await.unwrap().unwrap();
}

#[get("/host")]
async fn host(host: Header<Vec<String>>) -> String {
    host.join(", ")
}

#[tokio::test]
async fn the_authority_is_the_host_of_a_request_that_names_none() {
    for is_layered in [false, true] {
        let app = App::new().routes(routes![host]);
        let served = Served::new(if is_layered { layered(app) } else { app }).await;
        let mut client = served.http2().await;
        let mut named = request("GET", "/host");
        named.headers_mut().insert("host", http::HeaderValue::from_static("example.com"));
        for (request, host) in [(request("GET", "/host"), "localhost"), (named, "example.com")] {
            let reply = client.send_request(request).await.unwrap();
            assert_eq!(reply.into_body().collect().await.unwrap().to_bytes(), host);
        }
        served.stop().await.unwrap();
    }
}

#[get("/slow")]
async fn slow(gate: State<Gate>, journal: State<Journal>) {
    journal.write("begins");
    gate.pass().await;
    journal.write("ends");
}

#[tokio::test]
async fn a_connection_has_no_more_streams_than_the_limit() {
    let (gate, (journal, mut entries)) = (Gate::default(), Journal::new());
    let app = App::new().state(gate.clone()).state(journal).routes(routes![slow, host]);
    let served = Served::with(app, |server| server.max_concurrent_streams(1)).await;
    let mut client = served.http2().await;
    // The limit reaches the client before this reply, whose stream is over when it has been read.
    let reply = client.send_request(request("GET", "/host")).await.unwrap();
    reply.into_body().collect().await.unwrap();
    let replies = [(); 2].map(|()| tokio::spawn(client.send_request(request("GET", "/slow"))));
    assert_eq!(entries.next().await, "begins");
    settle().await;
    gate.open();
    for reply in replies {
        assert_eq!(reply.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(entries.now(), ["ends", "begins", "ends"]);
    served.stop().await.unwrap();
}
