//! Promises 4 and 5: tasks start after the last byte of the reply has left, and a client that leaves loses none.

use std::sync::Arc;

use axum_core::body::Body;
use axum_core::response::Response;
use bytes::Bytes;
use epilogue::prelude::*;
use epilogue_e2e::{
    Entries, Gate, Journal, Raw, Served, frames, head, http2_with_room, more_room, narrow_listener,
    narrow_socket, request, settle,
};
use http_body::Frame;
use http_body_util::BodyExt;

async fn write(journal: Journal, line: &'static str) {
    journal.write(line);
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    let routes = routes![huge, waiting, held, nothing, no_content, explicit_head, stream];
    (App::new().state(journal).state(Gate::default()).state(Entered::default()).routes(routes), entries)
}

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_layer_that_has_read_the_whole_reply_keeps_the_tasks_back_with_it() {
    let (app, mut entries) = app();
    let gate = Gate::default();
    let opens = gate.clone();
    let collects = tower::util::MapFutureLayer::new(move |reply| {
        let gate = gate.clone();
        async move {
            let Ok(response): Result<Response, std::convert::Infallible> = reply.await;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            gate.pass().await;
            Ok::<_, std::convert::Infallible>(Response::from_parts(parts, Body::from(body)))
        }
    });
    let served = Served::new(app.layer(collects)).await;
    let mut http1 = served.http1().await;
    let mut http2 = served.http2().await;
    let replies = [
        tokio::spawn(http1.send_request(request("GET", "/nothing"))),
        tokio::spawn(http2.send_request(request("GET", "/nothing"))),
    ];
    epilogue_e2e::settle().await;
    assert_eq!(entries.now(), [""; 0], "the layer holds both replies");
    opens.open();
    for reply in replies {
        reply.await.unwrap().unwrap().into_body().collect().await.unwrap();
    }
    assert_eq!(entries.take(2).await, ["nothing", "nothing"]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_that_a_layer_has_replied_without_still_runs_its_tasks() {
    let (app, mut entries) = app();
    let gate = Gate::default();
    let app = app.state(gate.clone());
    let soon = tower::util::MapFutureLayer::new(|reply| async move {
        match tokio::time::timeout(std::time::Duration::from_millis(10), reply).await {
            Ok(reply) => reply,
            Err(_) => Ok::<_, std::convert::Infallible>(Response::new(Body::from("too late"))),
        }
    });
    let served = Served::new(app.layer(soon)).await;
    assert_eq!(served.get("/waiting").await.body(), "too late");
    assert_eq!(entries.now(), [""; 0]);
    gate.open();
    assert_eq!(entries.next().await, "waiting");
    served.stop().await.unwrap();
}

/// As when a layer tries again.
#[tokio::test]
async fn a_layer_may_ask_twice() {
    #[derive(Clone)]
    struct Twice<S>(S);

    impl<S> tower_service::Service<http::Request<Body>> for Twice<S>
    where
        S: tower_service::Service<http::Request<Body>, Response = Response, Error = std::convert::Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        type Response = Response;
        type Error = std::convert::Infallible;
        type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, Self::Error>> + Send>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            let mut inner = self.0.clone();
            let (parts, _body) = request.into_parts();
            Box::pin(async move {
                let again = http::Request::from_parts(parts.clone(), Body::empty());
                drop(inner.call(http::Request::from_parts(parts, Body::empty())).await?);
                inner.call(again).await
            })
        }
    }

    let (app, mut entries) = app();
    let served = Served::new(app.layer(tower::layer::layer_fn(Twice))).await;
    served.get("/nothing").await;
    assert_eq!(entries.take(2).await, ["nothing", "nothing"]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn what_follows_replies_that_a_layer_has_dropped_is_not_lost() {
    let (app, mut entries) = app();
    let instead =
        tower::util::MapResponseLayer::new(|_dropped: Response| Response::new(Body::from("instead")));
    let served = Served::new(app.layer(instead)).await;
    assert_eq!(served.get("/nothing").await.body(), "instead");
    assert_eq!(entries.next().await, "nothing");
    served.stop().await.unwrap();
}

#[get("/huge")]
async fn huge(tasks: &BackgroundTasks, journal: State<Journal>) -> Bytes {
    tasks.add_task(write, ((*journal).clone(), "huge"));
    Bytes::from(vec![b'x'; 64 * MIB])
}

#[derive(Default)]
struct Entered(tokio::sync::Notify);

#[get("/waiting")]
async fn waiting(
    tasks: &BackgroundTasks,
    journal: State<Journal>,
    gate: State<Gate>,
    entered: State<Entered>,
) -> &'static str {
    entered.0.notify_one();
    gate.pass().await;
    tasks.add_task(write, ((*journal).clone(), "waiting"));
    "passed"
}

#[get("/held")]
async fn held(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) -> &'static str {
    async fn hold(journal: Journal, gate: Gate) {
        journal.write("held:start");
        gate.pass().await;
        journal.write("held:end");
    }
    tasks.add_task(hold, ((*journal).clone(), (*gate).clone()));
    "held"
}

#[get("/nothing")]
async fn nothing(tasks: &BackgroundTasks, journal: State<Journal>) {
    tasks.add_task(write, ((*journal).clone(), "nothing"));
}

#[get("/no-content", status = 204)]
async fn no_content(tasks: &BackgroundTasks, journal: State<Journal>) {
    tasks.add_task(write, ((*journal).clone(), "no content"));
}

#[head("/explicit-head")]
async fn explicit_head(tasks: &BackgroundTasks, journal: State<Journal>) -> &'static str {
    tasks.add_task(write, ((*journal).clone(), "head"));
    "a body that HEAD leaves out"
}

/// A body of the pieces that come through the channel.
fn streamed(pieces: tokio::sync::mpsc::Receiver<std::io::Result<&'static str>>) -> Response {
    struct Pieces(tokio::sync::mpsc::Receiver<std::io::Result<&'static str>>);
    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<std::io::Result<Frame<Bytes>>>> {
            self.0.poll_recv(context).map(|piece| {
                piece.map(|piece| piece.map(|piece| Frame::data(Bytes::from_static(piece.as_bytes()))))
            })
        }
    }
    Response::new(Body::new(Pieces(pieces)))
}

#[get("/stream")]
async fn stream(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) -> Response {
    tasks.add_task(write, ((*journal).clone(), "stream"));
    let (sender, pieces) = tokio::sync::mpsc::channel(1);
    let (journal, gate) = ((*journal).clone(), (*gate).clone());
    tokio::spawn(async move {
        drop(sender.send(Ok("first")).await);
        gate.pass().await;
        journal.write("last piece");
        drop(sender.send(Ok("last")).await);
    });
    streamed(pieces)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_slowly_delays_its_task() {
    let (app, mut entries) = app();
    let served = Served::new(app).await;
    // By itself, this buffer may grow until it holds half of the reply.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(256 * 1024).unwrap();
    let mut client = Raw(socket.connect(served.address).await.unwrap());
    client.write("GET /huge HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    // So the kernel's buffers on both sides hold far less than the 16 MiB that are still to come.
    let mut read = 0;
    while read < 48 * MIB {
        read += client.read_at_least(1).await;
        assert_eq!(entries.now(), [""; 0], "the task started when {read} bytes of 64 MiB had been read");
    }
    client.read_at_least(64 * MIB - read).await;
    assert_eq!(entries.next().await, "huge");
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_http2_client_delays_its_task() {
    let (app, mut entries) = app();
    let served = Served::new(app).await;
    let mut client = served.http2().await;
    let mut request = request("GET", "/huge");
    *request.uri_mut() = "http://localhost/huge".parse().unwrap();
    let mut body = client.send_request(request).await.unwrap().into_body();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame.unwrap().data_ref().map_or(0, Bytes::len);
        if read < 48 * MIB {
            assert_eq!(entries.now(), [""; 0], "the task started when {read} bytes of 64 MiB had been read");
        }
    }
    assert_eq!(read, 64 * MIB);
    assert_eq!(entries.next().await, "huge");
    drop(client);
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

/// hyper takes a piece of a reply as soon as its client has room for one byte of it.
#[tokio::test]
async fn an_http2_client_without_room_for_the_last_byte_delays_its_task() {
    const LENGTH: usize = 10 * 1024;

    #[get("/whole")]
    async fn whole(tasks: &BackgroundTasks, journal: State<Journal>) -> Bytes {
        tasks.add_task(write, ((*journal).clone(), "task"));
        Bytes::from(vec![b'x'; LENGTH])
    }

    /// A body that does not know which piece is its last.
    #[get("/pieces")]
    async fn pieces(tasks: &BackgroundTasks, journal: State<Journal>) -> Response {
        tasks.add_task(write, ((*journal).clone(), "task"));
        let (sender, pieces) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            for _ in 0..LENGTH / 1024 {
                drop(sender.send(Ok(std::str::from_utf8(&[b'x'; 1024]).unwrap())).await);
            }
        });
        streamed(pieces)
    }

    #[get("/trailers")]
    async fn trailers(tasks: &BackgroundTasks, journal: State<Journal>) -> Response {
        tasks.add_task(write, ((*journal).clone(), "task"));
        let trailers = http::HeaderMap::from_iter([(http::header::ETAG, "x".parse().unwrap())]);
        let body = http_body_util::Full::new(Bytes::from(vec![b'x'; LENGTH]));
        Response::new(Body::new(body.with_trailers(std::future::ready(Some(Ok(trailers))))))
    }

    for is_layered in [false, true] {
        let (app, mut entries) = app();
        let app = app.routes(routes![whole, pieces, trailers]);
        let layer = tower_http::catch_panic::CatchPanicLayer::new();
        let served = Served::new(if is_layered { app.layer(layer) } else { app }).await;
        for path in ["/whole", "/pieces", "/trailers"] {
            let mut client = served.connect().await;
            client.write(http2_with_room(1)).await;
            client.write(head(1, http::Method::GET, path, 0x5)).await;
            let mut said = Vec::new();
            for more in [0, LENGTH / 2, LENGTH / 2 - 2] {
                if more > 0 {
                    client.write(more_room(1, u32::try_from(more).unwrap())).await;
                }
                let room = taken(&said).0 + more.max(1);
                while taken(&said).0 < room {
                    client.read_more(&mut said).await;
                }
                settle().await;
                assert_eq!(
                    entries.now(),
                    [""; 0],
                    "{path}: the task started when {room} bytes had been sent"
                );
            }
            client.write(more_room(1, 1)).await;
            while !taken(&said).1 {
                client.read_more(&mut said).await;
            }
            assert_eq!(taken(&said).0, LENGTH);
            assert_eq!(entries.next().await, "task");
        }
        served.stop().await.unwrap();
        assert_eq!(entries.now(), [""; 0]);
    }
}

/// How much of the replies is in these HTTP/2 frames, and whether there is an end among them.
fn taken(said: &[u8]) -> (usize, bool) {
    let frames = frames(said);
    let data = frames.iter().filter(|frame| frame.kind == 0x0).map(|frame| frame.length).sum();
    // Only frames of data and heads have it, and trailers are a head.
    (data, frames.iter().any(|frame| frame.kind <= 0x1 && frame.flags & 1 != 0))
}

/// On HTTP/2 the end of a reply has to wait for its turn, behind frames of all the others.
#[tokio::test]
async fn an_http2_task_waits_for_the_end_of_its_reply_behind_other_replies() {
    const OTHERS: u32 = 40;

    #[get("/other")]
    async fn other() -> Bytes {
        Bytes::from(vec![b'x'; 256 * 1024])
    }

    for path in ["/nothing", "/held"] {
        let (app, mut entries) = app();
        let served = Served::on(narrow_listener(), app.routes(routes![other]), |server| server);
        let mut client = Raw(narrow_socket().connect(served.address).await.unwrap());
        client.write(http2_with_room(0x1000_0000)).await;
        for other in 0..OTHERS {
            client.write(head(2 * other + 1, http::Method::GET, "/other", 0x5)).await;
            settle().await;
        }
        let last = 2 * OTHERS + 1;
        client.write(head(last, http::Method::GET, path, 0x5)).await;
        settle().await;
        assert_eq!(entries.now(), [""; 0]);
        let mut said = Vec::new();
        while entries.now().is_empty() {
            client.read_more(&mut said).await;
            settle().await;
        }
        let begun = said.len();
        while !has_ended(&said, last) {
            client.read_more(&mut said).await;
        }
        // One frame of each of the others would be 640 KiB.
        let late = (said.len() - begun) / 1024;
        assert!(late < 320, "the task started when {late} KiB were to come before the end of its reply");
        drop(client);
    }
}

/// While a client takes a long reply, the kernel never has all that the server has to write.
#[tokio::test]
async fn an_http2_task_does_not_wait_for_another_reply_that_is_taken_slowly() {
    #[get("/long")]
    async fn long() -> Bytes {
        Bytes::from(vec![b'x'; 64 * MIB])
    }

    /// A body that does not know which piece is its last.
    #[get("/pieces")]
    async fn pieces(tasks: &BackgroundTasks, journal: State<Journal>) -> Response {
        tasks.add_task(write, ((*journal).clone(), "pieces"));
        let (sender, pieces) = tokio::sync::mpsc::channel(2);
        tokio::spawn(async move {
            drop(sender.send(Ok("first")).await);
            drop(sender.send(Ok("last")).await);
        });
        streamed(pieces)
    }

    for (method, path) in [(http::Method::GET, "/held"), (http::Method::GET, "/pieces")] {
        for is_layered in [false, true] {
            let (app, mut entries) = app();
            let app = app.routes(routes![long, pieces]);
            let layer = tower_http::catch_panic::CatchPanicLayer::new();
            let app = if is_layered { app.layer(layer) } else { app };
            let served = Served::on(narrow_listener(), app, |server| server);
            let mut client = Raw(narrow_socket().connect(served.address).await.unwrap());
            client.write(http2_with_room(0x1000_0000)).await;
            client.write(head(1, http::Method::GET, "/long", 0x5)).await;
            let mut said = Vec::new();
            while said.len() < MIB {
                client.read_more(&mut said).await;
                settle().await;
            }
            client.write(head(3, method.clone(), path, 0x5)).await;
            while !has_ended(&said, 3) {
                client.read_more(&mut said).await;
                settle().await;
            }
            let ended = said.len();
            while entries.now().is_empty() {
                client.read_more(&mut said).await;
                settle().await;
                // Some of the other reply may have been written together with the end of this one.
                let late = (said.len() - ended) / 1024;
                assert!(late < 256, "{path}: the task has not started {late} KiB after the end of its reply");
            }
            assert!(!has_ended(&said, 1));
            drop(client);
        }
    }
}

/// Whether the last frame of a stream is among these.
fn has_ended(said: &[u8], stream: u32) -> bool {
    frames(said).iter().any(|frame| frame.stream == stream && frame.kind <= 0x1 && frame.flags & 1 != 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_in_the_middle_of_a_reply_loses_no_task() {
    let (app, mut entries) = app();
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write("GET /huge HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    client.read_at_least(MIB).await;
    client.reset();
    assert_eq!(entries.next().await, "huge");
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_before_the_reply_loses_no_task() {
    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let entered = Arc::new(tokio::sync::Notify::new());
    struct Shared(Arc<tokio::sync::Notify>);

    #[get("/left")]
    async fn left(
        tasks: &BackgroundTasks,
        journal: State<Journal>,
        gate: State<Gate>,
        entered: State<Shared>,
    ) -> &'static str {
        entered.0.notify_one();
        gate.pass().await;
        tasks.add_task(write, ((*journal).clone(), "left"));
        "nobody is there"
    }

    let app =
        App::new().state(journal).state(gate.clone()).state(Shared(entered.clone())).routes(routes![left]);
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write("GET /left HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    entered.notified().await;
    client.reset();
    // Stopping waits for the connection, so the server has noticed that the client is gone before the gate opens.
    let stopping = tokio::spawn(served.stop());
    gate.open();
    assert_eq!(entries.next().await, "left");
    stopping.await.unwrap().unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

#[derive(Default)]
struct Signals {
    entered: tokio::sync::Notify,
    dropped: tokio::sync::Notify,
}

struct OnDrop(Arc<Signals>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

async fn for_ever<T>(signals: Arc<Signals>) -> T {
    let _on_drop = OnDrop(Arc::clone(&signals));
    signals.entered.notify_one();
    std::future::pending().await
}

/// How a client that waits for its reply leaves.
#[derive(Debug, Clone, Copy)]
enum Leaves {
    Closes,
    HalfCloses,
    Resets,
}

/// A client that has already had a reply on its connection asks for this, waits, and leaves.
async fn leaves_while_it_waits(app: App, signals: &Signals, path: &str, leaves: Leaves) {
    use tokio::io::AsyncWriteExt;
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write("GET /plain HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    client.read_at_least(1).await;
    client.write(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    signals.entered.notified().await;
    let mut still_open = None;
    match leaves {
        Leaves::Closes => drop(client),
        Leaves::HalfCloses => {
            client.0.shutdown().await.unwrap();
            still_open = Some(client);
        }
        Leaves::Resets => client.reset(),
    }
    signals.dropped.notified().await;
    drop(still_open);
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_leaves_nothing_behind_is_dropped_with_its_client() {
    #[get("/function")]
    async fn function(signals: State<Arc<Signals>>) {
        for_ever(Arc::clone(&signals)).await
    }

    #[get("/body")]
    async fn body(signals: State<Arc<Signals>>) -> Response {
        let signals = Arc::clone(&signals);
        Response::new(Body::from_stream(futures_util::stream::once(async move {
            for_ever::<std::io::Result<Bytes>>(signals).await
        })))
    }

    for path in ["/function", "/body"] {
        for leaves in [Leaves::Closes, Leaves::HalfCloses, Leaves::Resets] {
            let signals = Arc::<Signals>::default();
            let app = App::new().state(signals.clone()).routes(routes![plain, function, body]);
            leaves_while_it_waits(app, &signals, path, leaves).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layer_that_keeps_a_reply_back_is_dropped_with_its_client() {
    #[get("/")]
    async fn at_once() -> &'static str {
        "at once"
    }

    let signals = Arc::<Signals>::default();
    let waits = tower::util::ThenLayer::new({
        let signals = signals.clone();
        move |reply: Result<Response, std::convert::Infallible>| {
            let signals = signals.clone();
            async move {
                match reply {
                    Ok(reply) if reply.status() == 200 => for_ever(signals).await,
                    other => other,
                }
            }
        }
    });
    let app = App::new().routes(routes![plain, at_once]).layer(waits);
    leaves_while_it_waits(app, &signals, "/", Leaves::HalfCloses).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_half_closes_gets_the_reply_that_does_not_make_it_wait() {
    use tokio::io::AsyncWriteExt;
    let served = Served::new(App::new().routes(routes![plain])).await;
    let mut client = served.connect().await;
    client.write("GET /plain HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    client.0.shutdown().await.unwrap();
    let reply = client.read_to_end().await;
    assert!(reply.starts_with("HTTP/1.1 204"), "{reply:?}");
    served.stop().await.unwrap();
}

#[get("/plain", status = 204)]
async fn plain() {}

/// RFC 9110, section 15.3.6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_205_has_no_content() {
    #[get("/reset")]
    async fn reset() -> (StatusCode, Json<u32>) {
        (StatusCode::RESET_CONTENT, Json(1))
    }
    let served = Served::new(App::new().routes(routes![reset])).await;
    let mut client = served.connect().await;
    client.write("GET /reset HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    let reply = client.read_to_end().await;
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 0"), "{head}");
    assert_eq!(body, "");
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_request_of_a_connection_does_not_wait_for_tasks() {
    let (app, mut entries) = app();
    let gate = Gate::default();
    let served = Served::new(app.state(gate.clone())).await;
    let mut client = served.http1().await;
    let first = client.send_request(request("GET", "/held")).await.unwrap();
    assert_eq!(first.into_body().collect().await.unwrap().to_bytes(), "held");
    assert_eq!(entries.next().await, "held:start");
    client.ready().await.unwrap();
    let second = client.send_request(request("GET", "/nothing")).await.unwrap();
    assert_eq!(second.status(), StatusCode::OK);
    assert_eq!(
        entries.next().await,
        "nothing",
        "the second request's task runs while the first one's is held"
    );
    gate.open();
    assert_eq!(entries.next().await, "held:end");
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_without_a_body_have_tasks_too() {
    for (method, path, status, line) in [
        ("GET", "/nothing", 200, "nothing"),
        ("HEAD", "/nothing", 200, "nothing"),
        ("GET", "/no-content", 204, "no content"),
        ("HEAD", "/explicit-head", 200, "head"),
    ] {
        let (app, mut entries) = app();
        let served = Served::new(app).await;
        let response = served.send(request(method, path)).await;
        assert_eq!((response.status().as_u16(), response.body().as_str()), (status, ""), "{method} {path}");
        assert_eq!(entries.next().await, line, "{method} {path}");
        served.stop().await.unwrap();
        assert_eq!(entries.now(), [""; 0], "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_wait_for_the_end_of_a_stream() {
    let (app, mut entries) = app();
    let gate = Gate::default();
    let served = Served::new(app.state(gate.clone())).await;
    let mut client = served.http1().await;
    let mut body = client.send_request(request("GET", "/stream")).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
    assert_eq!(entries.now(), [""; 0]);
    gate.open();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "last");
    assert_eq!(entries.take(2).await, ["last piece", "stream"]);
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_requests_of_one_connection_keep_their_tasks() {
    let (app, mut entries) = app();
    let served = Served::new(app).await;
    let client = served.http2().await;
    let requests = (0..50).map(|_| {
        let mut client = client.clone();
        tokio::spawn(async move {
            let mut request = request("GET", "/nothing");
            *request.uri_mut() = "http://localhost/nothing".parse().unwrap();
            client.send_request(request).await.unwrap().into_body().collect().await.unwrap();
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    assert_eq!(entries.take(50).await, ["nothing"; 50]);
    drop(client);
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_half_closes_counts_as_gone_and_loses_no_task() {
    use tokio::io::AsyncWriteExt;
    let (app, mut entries) = app();
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write("GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    client.0.shutdown().await.unwrap();
    assert_eq!(entries.next().await, "nothing");
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

/// The body of an HTTP/2 reply may be dropped when the connection has already flushed its last frame and sleeps.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_task_of_an_http2_reply_needs_no_further_traffic() {
    type Signal = std::sync::Mutex<Option<std::sync::mpsc::Receiver<()>>>;

    /// An empty body whose drop takes its time.
    struct Lingering(std::sync::mpsc::Receiver<()>);
    impl Drop for Lingering {
        fn drop(&mut self) {
            // Other tasks of this thread, including the connection's, move to another thread.
            tokio::task::block_in_place(|| self.0.recv().unwrap());
        }
    }
    impl http_body::Body for Lingering {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<std::io::Result<Frame<Bytes>>>> {
            std::task::Poll::Ready(None)
        }
    }

    #[get("/lingers")]
    async fn lingers(tasks: &BackgroundTasks, journal: State<Journal>, signal: State<Signal>) -> Response {
        tasks.add_task(write, ((*journal).clone(), "lingered"));
        Response::new(Body::new(Lingering(signal.lock().unwrap().take().unwrap())))
    }

    let (journal, mut entries) = Journal::new();
    let (client_has_it_all, signal) = std::sync::mpsc::channel();
    let app = App::new().state(journal).state(Signal::new(Some(signal))).routes(routes![lingers]);
    let served = Served::new(app).await;
    let mut client = served.http2().await;
    let mut request = request("GET", "/lingers");
    *request.uri_mut() = "http://localhost/lingers".parse().unwrap();
    client.send_request(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
    client_has_it_all.send(()).unwrap();
    assert_eq!(entries.next().await, "lingered");
    drop(client);
    served.stop().await.unwrap();
}
