//! Replies that break off after their head has left: such a request has failed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use epilogue::Body;
use epilogue::prelude::*;
use epilogue_e2e::{Entries, Journal, Served, logs_to};
use futures_core::Stream;
use http_body_util::{BodyExt, Full};
use tracing::field::{Field, Visit};

/// Yields some pieces, then fails or panics.
struct Breaks {
    pieces: u8,
    panics: bool,
}

impl Stream for Breaks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.pieces == 0 {
            assert!(!self.panics, "the stream panics");
            return Poll::Ready(Some(Err(io::Error::other("the disk is on fire"))));
        }
        self.pieces -= 1;
        Poll::Ready(Some(Ok(Bytes::from_static(b"piece"))))
    }
}

struct Session(State<Journal>, BackgroundTasks);

#[dependency(exit = leave)]
fn session(journal: State<Journal>, tasks: BackgroundTasks) -> Session {
    Session(journal, tasks)
}

async fn leave(Session(journal, tasks): &Session, outcome: &Outcome) {
    journal.write(format!("exit {outcome:?}"));
    tasks.add_task(note, (journal.clone(), "of the exit"));
}

async fn note(journal: State<Journal>, line: &'static str) {
    journal.write(line);
}

fn broken(tasks: &BackgroundTasks, journal: State<Journal>, panics: bool) -> Body {
    tasks.add_task(note, (journal.clone(), "task"));
    tasks.add_task(note, (journal, "always")).always();
    Body::from_stream(Breaks { pieces: 1, panics })
}

#[get("/fails")]
async fn fails(_session: Depends<session>, tasks: &BackgroundTasks, journal: State<Journal>) -> Body {
    broken(tasks, journal, false)
}

#[get("/panics")]
async fn panics(_session: Depends<session>, tasks: &BackgroundTasks, journal: State<Journal>) -> Body {
    broken(tasks, journal, true)
}

#[get("/without-exits")]
async fn without_exits(tasks: &BackgroundTasks, journal: State<Journal>) -> Body {
    broken(tasks, journal, false)
}

/// An error that cannot even be displayed.
#[derive(Debug)]
struct Unsayable;

impl std::fmt::Display for Unsayable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("on purpose")
    }
}

impl std::error::Error for Unsayable {}

#[get("/unsayable")]
async fn unsayable(_session: Depends<session>, tasks: &BackgroundTasks, journal: State<Journal>) -> Body {
    tasks.add_task(note, (journal.clone(), "task"));
    tasks.add_task(note, (journal, "always")).always();
    Body::from_stream(futures_util::stream::iter([Ok(Bytes::from_static(b"half")), Err(Unsayable)]))
}

/// Records the routes of errors.
struct Errors(Journal);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Errors {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::ERROR {
            let mut line = String::from("log");
            event.record(&mut Line(&mut line));
            self.0.write(line);
        }
    }
}

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "route" || field.name() == "error" {
            self.0.push_str(&format!(" {field}={value:?}"));
        }
    }
}

fn app() -> (App, Entries, tracing::subscriber::DefaultGuard) {
    let (journal, entries) = Journal::new();
    let guard = logs_to(Errors(journal.clone()));
    let routes = routes![fails, panics, unsayable, without_exits, after, events];
    (App::new().state(journal).routes(routes), entries, guard)
}

async fn journal_of(app: App, mut entries: Entries, path: &str, is_http2: bool) -> Vec<String> {
    let served = Served::new(app).await;
    let request =
        http::Request::get(format!("http://{}{path}", served.address)).body(Full::<Bytes>::default());
    let request = request.unwrap();
    let reply = if is_http2 {
        served.http2().await.send_request(request).await
    } else {
        served.http1().await.send_request(request).await
    };
    let reply = reply.unwrap();
    assert_eq!(reply.status(), 200);
    reply.into_body().collect().await.unwrap_err();
    served.stop().await.unwrap();
    entries.now()
}

#[tokio::test]
async fn the_tasks_of_a_reply_that_breaks_off_are_dropped_and_its_exits_are_told() {
    for is_http2 in [false, true] {
        for is_layered in [false, true] {
            for (path, error, outcome) in [
                ("/fails", "the disk is on fire", "Failed(500 Internal Server Error: the disk is on fire)"),
                ("/panics", "it panicked: the stream panics", "Panicked(the stream panics)"),
                ("/unsayable", "it panicked: on purpose", "Panicked(on purpose)"),
            ] {
                let (mut app, entries, _guard) = app();
                if is_layered {
                    app = app.layer(tower_http::limit::RequestBodyLimitLayer::new(100));
                }
                assert_eq!(
                    journal_of(app, entries, path, is_http2).await,
                    [
                        format!("log route=\"GET {path}\" error={error:?}"),
                        String::from("always"),
                        format!("exit {outcome}"),
                        String::from("of the exit"),
                    ]
                );
            }
        }
    }
}

/// Fails or panics after this many pieces.
#[get("/after/{pieces}")]
async fn after(pieces: Path<u8>, panics: Query<bool>) -> Body {
    Body::from_stream(Breaks { pieces: *pieces, panics: *panics })
}

#[get("/events")]
async fn events() -> Sse<impl Stream<Item = Result<Event, io::Error>>> {
    Sse::new(futures_util::stream::iter([Ok(Event::data("one")), Err(io::Error::other("no more"))]))
}

#[tokio::test]
async fn what_came_before_it_broke_off_is_sent() {
    let (app, _entries, _guard) = app();
    let layered = app.clone().layer(tower_http::limit::RequestBodyLimitLayer::new(100));
    for app in [app, layered] {
        let served = Served::new(app).await;
        for (path, content) in [
            ("/after/0?panics=false", ""),
            ("/after/0?panics=true", ""),
            ("/after/1?panics=false", "piece"),
            ("/after/1?panics=true", "piece"),
            ("/after/3?panics=true", "piecepiecepiece"),
            ("/events", "data: one\n\n"),
        ] {
            let mut connection = served.connect().await;
            connection.write(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
            let sent = connection.read_to_end().await;
            let (head, body) = sent.split_once("\r\n\r\n").expect(path);
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
            // Without the sizes of the chunks.
            let body: String = body.split("\r\n").skip(1).step_by(2).collect();
            assert_eq!(body, content, "{path}");
            assert!(!sent.ends_with("0\r\n\r\n"), "{path}");

            let request = http::Request::get(format!("http://{}{path}", served.address));
            let request = request.body(Full::<Bytes>::default()).unwrap();
            let mut body = served.http2().await.send_request(request).await.expect(path).into_body();
            let mut received = Vec::new();
            let error = loop {
                match body.frame().await.expect(path) {
                    Ok(frame) => received.extend(frame.into_data().unwrap()),
                    Err(error) => break error,
                }
            };
            assert_eq!(String::from_utf8(received).unwrap(), content, "{path}: {error}");
        }
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_that_breaks_off_needs_no_exit_to_be_told() {
    let (app, entries, _guard) = app();
    assert_eq!(
        journal_of(app, entries, "/without-exits", false).await,
        [r#"log route="GET /without-exits" error="the disk is on fire""#, "always"]
    );
}

/// Comes to its end, after which it must not be polled: as `futures`' `unfold` does.
struct Ends(Option<&'static str>);

impl Stream for Ends {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = self.0.expect("nobody polls a stream after its end");
        self.0 = (!piece.is_empty()).then_some("");
        Poll::Ready((!piece.is_empty()).then(|| Ok(Bytes::from_static(piece.as_bytes()))))
    }
}

#[get("/ends")]
async fn ends(_session: Depends<session>, tasks: &BackgroundTasks, journal: State<Journal>) -> Body {
    tasks.add_task(note, (journal, "task"));
    Body::from_stream(Ends(Some("all of it")))
}

#[get("/ends-plainly")]
async fn ends_plainly() -> Body {
    Body::from_stream(Ends(Some("all of it")))
}

/// Looks for trailers after the end, as tower-http's layers that compress do.
struct LooksFurther(Body);

impl http_body::Body for LooksFurther {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum_core::Error>>> {
        match ready!(Pin::new(&mut self.0).poll_frame(context)) {
            None => Pin::new(&mut self.0).poll_frame(context),
            some => Poll::Ready(some),
        }
    }
}

#[tokio::test]
async fn a_reply_that_a_layer_polls_after_its_end_has_not_broken_off() {
    let (journal, mut entries) = Journal::new();
    let looks_further =
        axum::middleware::map_response(async |reply: http::Response<Body>| reply.map(LooksFurther));
    let app = App::new().state(journal).routes(routes![ends, ends_plainly]).layer(looks_further);
    let served = Served::new(app).await;
    for path in ["/ends", "/ends-plainly"] {
        assert_eq!(served.get(path).await.body(), "all of it");
    }
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["task", "exit Replied(200 OK)", "of the exit"]);
}
