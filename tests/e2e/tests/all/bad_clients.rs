//! The server against clients that are slow, silent, too many, or malicious.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use epilogue::Body;
use epilogue::prelude::*;
use epilogue_e2e::{
    Clock, Entries, Gate, HTTP2, Journal, Raw, Served, frame, frames, head, http2_with_room, more_room,
    narrow_listener, narrow_socket, request, settle,
};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Duration = Duration::from_millis(50);

async fn note(journal: State<Journal>, line: &'static str) {
    journal.write(line);
}

#[post("/length")]
async fn length(body: Bytes, tasks: &BackgroundTasks, journal: State<Journal>) -> String {
    tasks.add_task(note, (journal, "length"));
    body.len().to_string()
}

#[get("/waits")]
async fn waits(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) -> &'static str {
    journal.write("entered");
    tasks.add_task(note, (journal, "task"));
    gate.pass().await;
    "waited"
}

#[get("/{name}")]
async fn named(name: Path<String>, tasks: &BackgroundTasks, journal: State<Journal>) -> String {
    let line = name.to_string();
    tasks.add_task(async move |journal: State<Journal>| journal.write(line), (journal,));
    name.into_inner()
}

fn app() -> (App, Entries, Gate) {
    let ((journal, entries), gate) = (Journal::new(), Gate::default());
    (App::new().state(journal).state(gate.clone()).routes(routes![length, waits, named]), entries, gate)
}

#[tokio::test]
async fn clients_that_say_nothing_or_not_enough_are_let_go() {
    let (clock, (app, _entries, _gate)) = (Clock::stopped(), app());
    let served = Served::with(app, |server| server.header_read_timeout(SHORT)).await;
    for beginning in ["", "P", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /a HTTP/1.1\r\n"] {
        let mut client = served.connect().await;
        client.write(beginning).await;
        // It ends when the server closes the connection, whatever the server sends before that.
        clock.passes_until(client.read_to_end()).await;
    }
    assert_eq!(served.get("/a").await.body(), "a");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_idle_after_a_request_is_closed() {
    let (clock, (app, mut entries, _gate)) = (Clock::stopped(), app());
    let served = Served::with(app, |server| server.header_read_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write("GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "a");
    assert!(clock.passes_until(client.read_to_end()).await.ends_with("\r\n\r\na"));
    served.stop().await.unwrap();
}

/// The rest of its request comes while the reply is stalled, so the wait for the next head has already begun.
#[tokio::test]
async fn a_connection_that_is_idle_after_a_reply_that_has_stalled_is_closed() {
    #[post("/early")]
    async fn early(body: Extract<Body>, journal: State<Journal>) -> Bytes {
        tokio::spawn(body.into_inner().collect());
        journal.write("replies");
        Bytes::from(vec![b'x'; 32 * 1024 * 1024])
    }

    let (clock, (journal, mut entries)) = (Clock::stopped(), Journal::new());
    let app = App::new().state(journal).routes(routes![early]);
    let served = Served::with(app, |server| server.header_read_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write("POST /early HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhello").await;
    assert_eq!(entries.next().await, "replies");
    settle().await;
    client.write("hello").await;
    settle().await;
    clock.passes_until(client.read_to_end()).await;
    served.stop().await.unwrap();
}

/// An HTTP/2 connection has no head to wait for between requests: it is told to go when it has had none in flight for that long.
#[tokio::test]
async fn an_http2_connection_that_is_idle_after_a_request_is_closed() {
    let (clock, (app, mut entries, gate)) = (Clock::stopped(), app());
    let served = Served::with(app, |server| server.header_read_timeout(SHORT)).await;
    let get = |path: &str| http::Request::get(format!("http://localhost{path}")).body(Default::default());
    let mut long = served.http2().await;
    let reply = tokio::spawn(async move { long.send_request(get("/waits").unwrap()).await });
    assert_eq!(entries.next().await, "entered");

    let mut client = served.http2().await;
    let reply_of_a = client.send_request(get("/a").unwrap()).await.unwrap();
    assert_eq!(reply_of_a.into_body().collect().await.unwrap().to_bytes(), "a");
    assert_eq!(entries.next().await, "a");
    let closed = async {
        while !client.is_closed() {
            tokio::task::yield_now().await;
        }
    };
    clock.passes_until(closed).await;
    // The other connection is older, but has a request in flight, and stays.
    gate.open();
    assert_eq!(reply.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes(), "waited");
    served.stop().await.unwrap();
}

/// Clients that answer nothing, and one that has begun a head and does not end it.
#[tokio::test]
async fn an_http2_connection_that_does_not_go_when_it_is_told_to_is_cut() {
    let (clock, (app, mut entries, _gate)) = (Clock::stopped(), app());
    let served = Served::with(app, |server| server.header_read_timeout(SHORT)).await;
    for half_a_head in [false, true] {
        let mut client = served.connect().await;
        client.write(HTTP2).await;
        client.write(head(1, Method::GET, "/a", 0x5)).await;
        assert_eq!(entries.next().await, "a");
        if half_a_head {
            // END_STREAM, but not END_HEADERS.
            client.write(head(3, Method::GET, "/b", 0x1)).await;
        }
        let said = clock.passes_until(client.read_to_end()).await;
        assert!(said.contains("\u{0}\u{0}\u{8}\u{7}\u{0}"), "it was told to go by a GOAWAY of eight bytes");
    }
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test]
async fn an_http2_connection_that_answers_nothing_does_not_hold_up_the_end() {
    let (clock, (app, mut entries, _gate)) = (Clock::stopped(), app());
    let served = Served::new(app.tasks(TaskLimits::default().grace(20 * SHORT))).await;
    let mut client = served.connect().await;
    client.write(HTTP2).await;
    client.write(head(1, Method::GET, "/a", 0x5)).await;
    assert_eq!(entries.next().await, "a");
    // Otherwise it would be counted as cut off at the end of the grace period.
    clock.passes_until(served.stop()).await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_a_reply_slowly_may_take_any_time_in_all() {
    const MIB: usize = 1024 * 1024;
    #[get("/huge")]
    async fn huge() -> Bytes {
        Bytes::from(vec![b'x'; 64 * MIB])
    }

    let clock = Clock::stopped();
    let app = App::new().routes(routes![huge]);
    let served = Served::with(app, |server| server.reply_write_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write("GET /huge HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    let mut taken = 0;
    for _ in 0..4 {
        // More than the kernel holds, so that the server sends more, and stalls again.
        taken += client.read_at_least(12 * MIB).await;
        clock.passes(SHORT * 3 / 5).await;
    }
    client.read_at_least(64 * MIB - taken).await;
    served.stop().await.unwrap();
}

/// The body of a reply that goes on until it is told to end, and records how much of it the server has taken.
#[derive(Clone, Default)]
struct Endless {
    taken: Arc<AtomicUsize>,
    to_end: Arc<AtomicBool>,
}

const PIECE: usize = 16 * 1024;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        if self.to_end.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        self.taken.fetch_add(PIECE, Ordering::Relaxed);
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(&[b'x'; PIECE])))))
    }
}

/// The app has finished such a reply, but hyper and the kernel have not: its client is not idle, nor in the way of a stop.
#[tokio::test]
async fn an_http2_client_that_reads_slowly_gets_the_end_of_its_reply() {
    #[get("/endless")]
    async fn endless(body: State<Endless>) -> Body {
        Body::new((*body).clone())
    }

    let (clock, body) = (Clock::stopped(), Endless::default());
    let limits = TaskLimits::default().grace(60 * SHORT);
    let app = App::new().state(body.clone()).tasks(limits).routes(routes![endless]);
    let served = Served::on(narrow_listener(), app, |server| server.header_read_timeout(SHORT));
    let mut client = served.connect().await;
    client.write(http2_with_room(0x1000_0000)).await;
    client.write(head(1, Method::GET, "/endless", 0x5)).await;
    // Until the reply has stalled.
    let mut before = 0;
    while before == 0 || body.taken.load(Ordering::Relaxed) != before {
        before = body.taken.load(Ordering::Relaxed);
        settle().await;
    }
    body.to_end.store(true, Ordering::Relaxed);
    let mut said = Vec::new();
    let whole = Arc::strong_count(&body.taken);
    // Until the end of the body has been taken too; what was taken before it still waits for room in the kernel.
    while Arc::strong_count(&body.taken) == whole {
        let mut some = [0; PIECE];
        let read = client.0.read(&mut some).await.unwrap();
        said.extend(&some[..read]);
        tokio::task::yield_now().await;
    }
    clock.passes(6 * SHORT).await;
    let stopping = tokio::spawn(served.stop());
    clock.passes(10 * SHORT).await;
    while !data(&said).1 {
        assert_ne!(client.0.read_buf(&mut said).await.unwrap(), 0, "the reply breaks off");
    }
    clock.passes_until(client.0.read_to_end(&mut said)).await.unwrap();
    stopping.await.unwrap().unwrap();
    assert_eq!(data(&said).0, body.taken.load(Ordering::Relaxed));
}

/// The length of the data in these HTTP/2 frames, and whether its end is among them.
fn data(said: &[u8]) -> (usize, bool) {
    let data = || frames(said).into_iter().filter(|frame| frame.kind == 0);
    (data().map(|frame| frame.length).sum(), data().any(|frame| frame.flags & 1 != 0))
}

#[tokio::test]
async fn a_request_that_takes_long_is_no_silent_client() {
    let (clock, (app, mut entries, gate)) = (Clock::stopped(), app());
    let served = Served::with(app, |server| server.header_read_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write("GET /waits HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert_eq!(entries.next().await, "entered");
    // Meanwhile another client, which is silent, is let go.
    clock.passes_until(served.connect().await.read_to_end()).await;
    gate.open();
    assert!(client.read_to_end().await.ends_with("\r\n\r\nwaited"));
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_answered_with_408() {
    let (app, mut entries, _gate) = app();
    let served = Served::with(app, |server| server.body_read_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client
        .write("POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nnot a hundred")
        .await;
    let reply = client.read_to_end().await;
    assert!(reply.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{reply}");
    assert!(reply.ends_with(r#"{"detail":"Request Timeout"}"#), "{reply}");
    // A client that trickles gets no further.
    let mut client = served.connect().await;
    client.write("POST /length HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let (mut reads, mut writes) = client.0.into_split();
    let trickle = tokio::spawn(async move {
        while writes.write_all(b"1\r\nx\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let mut reply = Vec::new();
    // A reset is an end too: the server does not read what comes after its reply.
    let _ = reads.read_to_end(&mut reply).await;
    assert!(reply.starts_with(b"HTTP/1.1 408 Request Timeout\r\n"), "{}", String::from_utf8_lossy(&reply));
    trickle.await.unwrap();
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0], "no function ran");
}

/// What takes long to send is large; a client that trickles has no more time for it than for anything else.
#[tokio::test]
async fn a_large_body_has_its_time_again_for_every_2_mib() {
    const STRETCH: usize = 2 * 1024 * 1024;

    #[post("/upload")]
    async fn upload(file: File<Bytes>) -> String {
        file.len().to_string()
    }

    let (clock, (app, _entries, _gate)) = (Clock::stopped(), app());
    let app = app.body_limit(10 * STRETCH).routes(routes![upload]);
    let served = Served::with(app, |server| server.body_read_timeout(100 * SHORT)).await;
    let multipart = "content-type: multipart/form-data; boundary=x\r\n";
    let file = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    for (path, headers, begins, ends) in
        [("/length", "", "", ""), ("/upload", multipart, file, "\r\n--x--\r\n")]
    {
        for (pieces, piece, status) in [(3, STRETCH + 1, "200 OK"), (2, STRETCH / 4, "408 Request Timeout")] {
            let (mut client, length) = (served.connect().await, begins.len() + 3 * piece + ends.len());
            client
                .write(format!(
                    "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
                     content-length: {length}\r\n\r\n{begins}"
                ))
                .await;
            for _ in 0..pieces {
                clock.passes(40 * SHORT).await;
                client.write(vec![b'x'; piece]).await;
            }
            if pieces == 3 {
                client.write(ends).await;
            }
            let reply = clock.passes_until(client.read_to_end()).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{path}, {piece}: {reply}");
            assert!(pieces < 3 || reply.ends_with(&format!("\r\n\r\n{}", 3 * piece)), "{path}: {reply}");
        }
    }
    served.stop().await.unwrap();
}

/// On HTTP/2 it is let go by the reply: others of the connection may be waiting for the app.
#[tokio::test]
async fn an_http2_client_that_takes_nothing_of_a_reply_loses_that_reply_and_its_tasks_run() {
    let clock = Clock::stopped();
    for is_layered in [false, true] {
        let (app, mut entries, gate) = app();
        let layer = tower_http::catch_panic::CatchPanicLayer::new();
        let app = if is_layered { app.layer(layer) } else { app };
        let served = Served::with(app, |server| server.reply_write_timeout(10 * SHORT)).await;
        let mut client = served.connect().await;
        client.write(http2_with_room(0)).await;
        client.write(head(1, Method::GET, "/waits", 0x5)).await;
        client.write(head(3, Method::GET, "/taken", 0x5)).await;
        client.write(head(5, Method::GET, "/not-taken", 0x5)).await;
        assert_eq!(entries.next().await, "entered");
        let mut said = Vec::new();
        // This one is taken in the end.
        clock.passes(9 * SHORT).await;
        client.write(more_room(3, 5)).await;
        assert_eq!(entries.next().await, "taken");
        assert_eq!(clock.passes_until(entries.next()).await, "not-taken");
        clock.passes(100 * SHORT).await;
        gate.open();
        client.write(more_room(1, 6)).await;
        assert_eq!(entries.next().await, "task");
        drop(gate);
        let stopping = tokio::spawn(served.stop());
        clock.passes_until(client.0.read_to_end(&mut said)).await.unwrap();
        stopping.await.unwrap().unwrap();
        let of = |stream| frames(&said).into_iter().rfind(move |frame| frame.stream == stream).unwrap();
        assert_eq!([(of(1).kind, of(1).flags), (of(3).kind, of(3).flags)], [(0, 1); 2], "they are whole");
        assert_eq!(of(5).kind, 3, "it is reset");
    }
}

/// A client that takes a frame within the time may take any time in all.
#[tokio::test]
async fn an_http2_client_that_takes_a_reply_slowly_may_take_any_time_in_all() {
    const FRAMES: usize = 8;

    #[get("/large")]
    async fn large(tasks: &BackgroundTasks, journal: State<Journal>) -> Bytes {
        tasks.add_task(note, (journal, "large"));
        Bytes::from(vec![b'x'; FRAMES * PIECE])
    }

    let (clock, (app, mut entries, _gate)) = (Clock::stopped(), app());
    let served = Served::with(app.routes(routes![large]), |server| server.reply_write_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write(http2_with_room(1)).await;
    client.write(head(1, Method::GET, "/large", 0x5)).await;
    for _ in 0..FRAMES {
        clock.passes(SHORT * 3 / 5).await;
        assert_eq!(entries.now(), [""; 0]);
        client.write(more_room(1, u32::try_from(PIECE).unwrap())).await;
    }
    let mut said = Vec::new();
    while !data(&said).1 {
        assert_ne!(client.0.read_buf(&mut said).await.unwrap(), 0, "the reply breaks off");
    }
    assert_eq!(data(&said).0, FRAMES * PIECE);
    assert_eq!(entries.next().await, "large");
    drop(client);
    served.stop().await.unwrap();
}

/// It has room for all of them, but the frames of each wait for those of all others.
#[tokio::test]
async fn an_http2_client_that_reads_slowly_gets_all_of_its_replies() {
    const REPLIES: u32 = 16;
    const LENGTH: usize = 512 * 1024;

    #[get("/large")]
    async fn large() -> Bytes {
        Bytes::from(vec![b'x'; LENGTH])
    }

    let clock = Clock::stopped();
    let app = App::new().routes(routes![large]);
    let served = Served::on(narrow_listener(), app, |server| server.reply_write_timeout(SHORT));
    let mut client = Raw(narrow_socket().connect(served.address).await.unwrap());
    client.write(http2_with_room(0x1000_0000)).await;
    for reply in 0..REPLIES {
        client.write(head(2 * reply + 1, Method::GET, "/large", 0x5)).await;
    }
    let mut said = Vec::new();
    while data(&said).0 < REPLIES as usize * LENGTH {
        clock.passes(SHORT * 3 / 5).await;
        let enough = said.len() + 4 * PIECE;
        while said.len() < enough && data(&said).0 < REPLIES as usize * LENGTH {
            client.read_more(&mut said).await;
            assert!(frames(&said).iter().all(|frame| frame.kind != 3), "a reply is reset");
        }
    }
    drop(client);
    served.stop().await.unwrap();
}

/// It has room for everything, and does not read.
#[tokio::test]
async fn an_http2_connection_of_which_nothing_is_taken_is_closed() {
    #[get("/endless")]
    async fn endless(tasks: &BackgroundTasks, journal: State<Journal>) -> Body {
        tasks.add_task(note, (journal, "endless"));
        Body::new(Endless::default())
    }

    let (clock, (app, mut entries, _gate)) = (Clock::stopped(), app());
    let app = app.routes(routes![endless]);
    let served = Served::with(app, |server| server.reply_write_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write(http2_with_room(0x1000_0000)).await;
    client.write(head(1, Method::GET, "/endless", 0x5)).await;
    assert_eq!(clock.passes_until(entries.next()).await, "endless");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_reply_is_let_go_and_its_tasks_run() {
    const REPLY: usize = 32 * 1024 * 1024;

    #[get("/large")]
    async fn large(tasks: &BackgroundTasks, journal: State<Journal>) -> Bytes {
        tasks.add_task(note, (journal, "large"));
        Bytes::from(vec![b'x'; REPLY])
    }

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![large]);
    let served = Served::with(app, |server| server.reply_write_timeout(SHORT)).await;
    let mut client = served.connect().await;
    client.write("GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "large");
    let mut rest = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut client.0, &mut rest).await;
    assert!(ended.is_err() || rest.len() < REPLY, "the reply breaks off");
    served.stop().await.unwrap();
}

/// Once the server stops, such a client is waited for at most a third of the grace period, whatever the timeout.
#[tokio::test]
async fn a_client_that_takes_nothing_of_its_reply_does_not_hold_up_the_end() {
    #[get("/large")]
    async fn large(tasks: &BackgroundTasks, journal: State<Journal>) -> Bytes {
        tasks.add_task(note, (journal, "large"));
        Bytes::from(vec![b'x'; 32 * 1024 * 1024])
    }

    let clock = Clock::stopped();
    for timeout in [Some(Duration::from_mins(1)), None] {
        let (journal, mut entries) = Journal::new();
        let limits = TaskLimits::default().grace(20 * SHORT);
        let app = App::new().state(journal).tasks(limits).routes(routes![large]);
        let served = Served::with(app, |server| server.reply_write_timeout(timeout)).await;
        let mut client = served.connect().await;
        client.write("GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        client.read_at_least(1).await;
        clock.passes_until(served.stop()).await.unwrap();
        assert_eq!(entries.now(), ["large"]);
    }
}

/// Nor is one that sends no more of its body, whoever reads it.
#[tokio::test]
async fn a_client_that_sends_no_more_of_its_body_does_not_hold_up_the_end() {
    #[post("/form")]
    async fn form(name: Form<String>) -> String {
        name.into_inner()
    }

    #[post("/stream")]
    async fn stream(body: Extract<Body>) -> StatusCode {
        let read = body.into_inner().collect().await;
        if read.is_ok() { StatusCode::OK } else { StatusCode::REQUEST_TIMEOUT }
    }

    let clock = Clock::stopped();
    for timeout in [Some(Duration::from_mins(1)), None] {
        let (app, _entries, _gate) = app();
        let app = app.tasks(TaskLimits::default().grace(20 * SHORT)).routes(routes![form, stream]);
        let served = Served::with(app, |server| server.body_read_timeout(timeout)).await;
        let multipart = "content-type: multipart/form-data; boundary=x\r\n";
        let mut clients = Vec::new();
        for (path, head) in [("/length", ""), ("/form", multipart), ("/stream", "")] {
            let mut client = served.connect().await;
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\n{head}content-length: 100\r\n\r\n--x\r\n"
            );
            client.write(head).await;
            clients.push(client);
        }
        settle().await;
        clock.passes_until(served.stop()).await.unwrap();
        for mut client in clients {
            let reply = client.read_to_end().await;
            assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
        }
    }
}

#[tokio::test]
async fn a_body_has_all_its_time_until_the_stop_and_a_third_of_the_grace_after_it() {
    let (clock, (app, _entries, _gate)) = (Clock::stopped(), app());
    let app = app.tasks(TaskLimits::default().grace(30 * SHORT));
    let served = Served::with(app, |server| server.body_read_timeout(100 * SHORT)).await;
    let mut client = served.connect().await;
    client.write("POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nfirst").await;
    clock.passes(20 * SHORT).await;
    let stopped = tokio::spawn(served.stop());
    clock.passes(5 * SHORT).await;
    client.write("after").await;
    let reply = client.read_to_end().await;
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("\r\n\r\n10"), "{reply}");
    stopped.await.unwrap().unwrap();
}

/// For whoever goes on in spite of an error.
#[tokio::test]
async fn a_body_that_has_broken_off_has_ended() {
    #[post("/all")]
    async fn all(body: Extract<Body>, journal: State<Journal>) {
        let mut body = body.into_inner();
        while let Some(piece) = body.frame().await {
            journal.write(match piece {
                Ok(piece) => String::from_utf8_lossy(piece.data_ref().unwrap()).into_owned(),
                Err(error) => error.to_string(),
            });
        }
        journal.write("end");
    }

    let (clock, (journal, mut entries)) = (Clock::stopped(), Journal::new());
    let app = App::new().state(journal).routes(routes![all]);
    let served = Served::with(app, |server| server.body_read_timeout(SHORT)).await;
    let mut slow = served.connect().await;
    slow.write("POST /all HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf").await;
    assert_eq!(entries.next().await, "half");
    let rest = clock.passes_until(entries.take(2)).await;
    assert_eq!(rest, ["the body did not arrive within 50ms", "end"]);
    assert!(slow.read_to_end().await.contains("connection: close\r\n"));
    drop(slow);

    let mut taken_back = served.connect().await;
    taken_back.write(HTTP2).await;
    taken_back.write(head(1, Method::POST, "/all", 0x4)).await;
    taken_back.write(frame(0x0, 0, 1, b"half")).await;
    taken_back.write(frame(0x3, 0, 1, &[0; 4])).await;
    assert_eq!(entries.take(3).await, ["half", "the client has taken the request back", "end"]);
    drop(taken_back);
    served.stop().await.unwrap();
}

/// Whoever takes a body as a stream may want to take it for hours, so the time between its pieces is limited.
#[tokio::test]
async fn a_body_that_is_taken_as_a_stream_breaks_off_when_nothing_comes() {
    #[post("/stream")]
    async fn stream(body: Extract<Body>, journal: State<Journal>) -> &'static str {
        let mut body = body.into_inner();
        loop {
            match body.frame().await {
                Some(Ok(piece)) => journal.write(String::from_utf8_lossy(piece.data_ref().unwrap())),
                Some(Err(error)) => {
                    journal.write(format!("{error}"));
                    return "broken off";
                }
                None => return "whole",
            }
        }
    }

    let (clock, (journal, mut entries)) = (Clock::stopped(), Journal::new());
    let app = App::new().state(journal).routes(routes![stream]);
    let served = Served::with(app, |server| server.body_read_timeout(SHORT)).await;
    let chunked =
        "POST /stream HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut client = served.connect().await;
    client.write(chunked).await;
    // In all, longer than the timeout.
    for _ in 0..3 {
        client.write("1\r\nx\r\n").await;
        assert_eq!(entries.next().await, "x");
        clock.passes(SHORT / 2).await;
    }
    client.write("0\r\n\r\n").await;
    assert!(client.read_to_end().await.ends_with("\r\n\r\nwhole"));
    drop(client);

    let mut client = served.connect().await;
    client.write(format!("{chunked}1\r\ny\r\n")).await;
    assert_eq!(entries.next().await, "y");
    assert_eq!(clock.passes_until(entries.next()).await, "the body did not arrive within 50ms");
    assert!(client.read_to_end().await.ends_with("\r\n\r\nbroken off"));
    drop(client);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn every_request_of_a_pipeline_runs_its_tasks() {
    let (app, mut entries, _gate) = app();
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    let names: Vec<String> = (0..50).map(|number| format!("n{number}")).collect();
    for name in &names {
        client.write(format!("GET /{name} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    }
    client.write("GET /last HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    let replies = client.read_to_end().await;
    let bodies: Vec<_> = replies.split("HTTP/1.1 200 OK").skip(1).collect();
    assert_eq!(bodies.len(), 51);
    assert!(names.iter().zip(&bodies).all(|(name, reply)| reply.ends_with(&format!("\r\n\r\n{name}"))));
    served.stop().await.unwrap();
    let mut ran = entries.now();
    ran.sort();
    let mut expected = names;
    expected.push("last".into());
    expected.sort();
    assert_eq!(ran, expected);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let (app, _entries, _gate) = app();
    let served = Served::with(app, |server| server.max_headers(10).max_header_bytes(1_000)).await;
    let headers = "a: b\r\n".repeat(11);
    let mut client = served.connect().await;
    client.write(format!("GET /a HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")).await;
    assert!(client.read_to_end().await.starts_with("HTTP/1.1 431 "));

    let mut client = served.http2().await;
    let large = http::Request::get("http://localhost/a").header("large", "x".repeat(2_000));
    let refused =
        client.send_request(large.body(Default::default()).unwrap()).await.map(|reply| reply.status());
    assert!(refused.as_ref().map_or(true, |status| *status == 431), "{refused:?}");
    assert_eq!(served.get("/a").await.body(), "a");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_hurts_nobody() {
    let (app, mut entries, _gate) = app();
    let served = Served::new(app).await;
    let answered = async |nonsense: &str, goes_on: bool| {
        let mut client = served.connect().await;
        client.write(nonsense).await;
        if !goes_on {
            client.0.shutdown().await.unwrap();
        }
        let mut reply = Vec::new();
        let _ = client.0.read_to_end(&mut reply).await;
        String::from_utf8_lossy(&reply).into_owned()
    };
    for nonsense in [
        "GET\r\n\r\n",
        "GET /a HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /a\u{0}b HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /a HTTP/9.9\r\nhost: a\r\n\r\n",
        "GET /a HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        "GET /a HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        "POST /length HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "POST /length HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
    ] {
        // A client that half-closes has left, if that is noticed before the reply is there.
        let reply = answered(nonsense, true).await;
        assert!(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{nonsense:?}: {reply}");
    }
    for nonsense in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u{0}\u{0}\u{0}not a frame at all",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
    ] {
        let reply = answered(nonsense, false).await;
        assert!(!reply.starts_with("HTTP/1.1 200"), "{nonsense:?}: {reply}");
    }
    assert_eq!(served.get("/a").await.body(), "a");
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["a"]);
}

/// The frames of a request that is taken back at once.
fn taken_back(stream: u32, path: &str) -> Vec<u8> {
    // With END_STREAM and END_HEADERS, then RST_STREAM with CANCEL.
    let mut frames = head(stream, Method::GET, path, 0x5);
    frames.extend([0, 0, 4, 0x3, 0]);
    frames.extend(stream.to_be_bytes());
    frames.extend(8_u32.to_be_bytes());
    frames
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rapid_reset_ends_the_connection_and_piles_up_no_work() {
    let (app, mut entries, gate) = app();
    let app = app.tasks(TaskLimits::default().pending(100));
    let served = Served::new(app.clone()).await;
    let mut attacker = served.connect().await;
    attacker.write(HTTP2).await;
    let attack: Vec<u8> = (0..10_000).flat_map(|number| taken_back(2 * number + 1, "/waits")).collect();
    // The server closes the connection in the middle of it.
    let _ = attacker.0.write_all(&attack).await;
    let _ = attacker.0.read_to_end(&mut Vec::new()).await;

    let entered = entries.now().len();
    assert!(entered <= 200, "{entered} requests were begun");
    let stats = app.task_stats();
    assert!(stats.kept + stats.queued <= 200 && stats.kept <= 100, "{stats:?}");
    gate.open();
    while app.task_stats().kept > 0 || app.task_stats().queued + app.task_stats().running > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(served.get("/other").await.body(), "other");
    served.stop().await.unwrap();
}

#[tokio::test]
async fn connections_above_the_limit_wait_for_a_place() {
    let (app, mut entries, gate) = app();
    let served = Served::with(app, |server| server.max_connections(1)).await;
    let mut first = served.connect().await;
    first.write("GET /waits HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert_eq!(entries.next().await, "entered");
    let mut second = served.http1().await;
    let reply = tokio::spawn(async move { second.send_request(request("GET", "/second")).await });
    gate.open();
    first.read_to_end().await;
    assert_eq!(reply.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes(), "second");
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["task", "second"]);
}

#[tokio::test]
async fn hundreds_of_idle_connections_do_not_hinder_others_or_the_end() {
    let (app, mut entries, _gate) = app();
    let served = Served::new(app).await;
    let mut idle = Vec::new();
    // Both ends of each are files of this process, which on many systems may have 1,024.
    for number in 0..400_u32 {
        let mut client = served.connect().await;
        if number.is_multiple_of(2) {
            client.write("GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
            client.read_at_least(1).await;
        }
        idle.push(client);
    }
    assert_eq!(served.get("/b").await.body(), "b");
    served.stop().await.unwrap();
    assert_eq!(entries.now().len(), 201);
    for mut client in idle {
        assert!(!client.read_to_end().await.contains("HTTP/1.1 5"));
    }
}

#[tokio::test]
async fn a_body_that_stops_behind_layers_is_found_out_whoever_reads_it() {
    #[post("/form")]
    async fn form(name: Form<String>) -> String {
        name.into_inner()
    }

    async fn reads(request: axum::extract::Request, next: axum::middleware::Next) -> epilogue::Response {
        if request.uri().path() != "/layer" {
            return next.run(request).await;
        }
        let whole = request.into_body().collect().await;
        epilogue::Response::new(whole.map_or_else(|error| error.to_string().into(), |_| "whole".into()))
    }

    let (app, mut entries, _gate) = app();
    let app = app.routes(routes![form]).layer(axum::middleware::from_fn(reads));
    let served = Served::with(app, |server| server.body_read_timeout(SHORT)).await;
    for (path, status, end) in [
        ("/layer", "200 OK", "the body did not arrive within 50ms"),
        ("/length", "408 Request Timeout", r#"{"detail":"Request Timeout"}"#),
        ("/form", "408 Request Timeout", r#"{"detail":"Request Timeout"}"#),
    ] {
        let mut client = served.connect().await;
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 100");
        client.write(format!("{head}\r\ncontent-type: multipart/form-data; boundary=b\r\n\r\n--b\r\n")).await;
        let reply = client.read_to_end().await;
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status}\r\n")) && reply.ends_with(end),
            "{path}: {reply}"
        );
    }
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0], "no function ran");
}
