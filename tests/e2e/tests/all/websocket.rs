//! WebSockets: what is wrong is reported before the upgrade, and what must happen afterwards happens after the socket is closed.

use std::time::Duration;

use epilogue::prelude::*;
use epilogue_e2e::{Clock, Entries, Gate, Journal, Served, request, settle};
use futures_util::{SinkExt, StreamExt};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

type Client = WebSocketStream<TcpStream>;

async fn open(served: &Served, path: &str) -> Result<Client, Error> {
    let stream = TcpStream::connect(served.address).await.unwrap();
    Ok(tokio_tungstenite::client_async(format!("ws://localhost{path}"), stream).await?.0)
}

/// The status and body of a request that was not upgraded.
async fn refused(served: &Served, path: &str) -> (StatusCode, String) {
    let Err(Error::Http(response)) = open(served, path).await else { panic!("it was upgraded") };
    let body = response.body().clone().unwrap_or_default();
    (response.status(), String::from_utf8(body).unwrap())
}

async fn text(client: &mut Client) -> String {
    client.next().await.unwrap().unwrap().into_text().unwrap().as_str().to_owned()
}

/// Waits for the close, and returns its code.
async fn closed(client: &mut Client) -> u16 {
    loop {
        if let Message::Close(close) = client.next().await.unwrap().unwrap() {
            return close.unwrap().code.into();
        }
    }
}

#[websocket("/echo")]
async fn echo(mut socket: WebSocket) -> Result<(), HttpError> {
    while let Some(message) = socket.recv().await {
        socket.send(message?).await?;
    }
    Ok(())
}

struct Session(Journal);

#[dependency(scope = "function", exit = leave_function)]
fn within(journal: State<Journal>) -> Session {
    journal.write("enter:function");
    Session((*journal).clone())
}

async fn leave_function(session: &Session, outcome: &Outcome) {
    session.0.write(format!("exit:function {outcome:?}"));
}

#[dependency(exit = leave_request)]
fn around(journal: State<Journal>) -> Session {
    journal.write("enter:request");
    Session((*journal).clone())
}

async fn leave_request(session: &Session, outcome: &Outcome) {
    session.0.write(format!("exit:request {outcome:?}"));
}

#[dependency]
fn user(token: Query<Option<String>>) -> Result<String, HttpError> {
    token.into_inner().ok_or_else(|| HttpError::new(StatusCode::UNAUTHORIZED, "Not authenticated"))
}

fn noted(journal: Journal, line: &'static str) {
    journal.write(line);
}

/// Does what the client tells it to.
#[allow(clippy::too_many_arguments, reason = "one of everything that a function may take")]
#[websocket("/rooms/{room}")]
async fn room(
    room: Path<u32>,
    mut socket: WebSocket,
    _around: Depends<around>,
    _within: Depends<within>,
    user: Depends<user>,
    journal: State<Journal>,
    reply: &Reply,
    tasks: &BackgroundTasks,
) -> Result<(), HttpError> {
    drop(reply.headers());
    tasks.add_task(noted, ((*journal).clone(), "task"));
    socket.send_text(format!("{} in {}", *user, *room)).await?;
    while let Some(text) = socket.recv_text().await {
        match text?.as_str() {
            "return" => break,
            "fail" => return Err(HttpError::new(StatusCode::CONFLICT, "told to")),
            "panic" => panic!("told to"),
            "close" => socket.close(4000, "told to").await?,
            text => socket.send_text(text).await?,
        }
    }
    journal.write("function:end");
    Ok(())
}

async fn rooms() -> (Served, Entries) {
    let (journal, entries) = Journal::new();
    (Served::new(App::new().state(journal).routes(routes![echo, room])).await, entries)
}

/// Opens a room, sends a word, and returns the code of the close.
async fn told(served: &Served, word: &str) -> u16 {
    let mut client = open(served, "/rooms/7?token=ferris").await.unwrap();
    assert_eq!(text(&mut client).await, "ferris in 7");
    client.send(Message::text(word)).await.unwrap();
    let code = closed(&mut client).await;
    // The answer to the close.
    assert!(client.next().await.is_none());
    code
}

#[websocket("/receive")]
async fn receive(socket: WebSocket) {
    let (sender, mut receiver) = socket.split();
    drop(sender);
    while receiver.recv().await.is_some() {}
}

#[tokio::test]
async fn a_function_that_only_receives_is_told_when_the_server_stops() {
    let served = Served::new(App::new().routes(routes![receive])).await;
    let mut client = open(&served, "/receive").await.unwrap();
    client.send(Message::text("hello")).await.unwrap();
    let told = async {
        assert_eq!(closed(&mut client).await, 1001);
        // The answer to the close.
        assert!(client.next().await.is_none());
    };
    let ((), stopped) = tokio::join!(told, served.stop());
    stopped.unwrap();
}

/// It would be waited for without a limit, and then be taken for frames.
#[tokio::test]
async fn a_request_with_a_body_is_refused() {
    let (served, mut entries) = rooms().await;
    for body in [
        "content-length: 5\r\n\r\nhello",
        "content-length: 9\r\n\r\nhello",
        "transfer-encoding: chunked\r\n\r\n",
    ] {
        let mut client = served.connect().await;
        client.write(format!("GET /rooms/7?token=ferris HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{body}")).await;
        let reply = client.read_to_end().await;
        assert!(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{reply}");
    }
    served.stop().await.unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

/// There is but one socket for two requests that want it.
#[tokio::test]
async fn a_layer_that_asks_twice_gets_one_socket() {
    let twice =
        axum::middleware::from_fn(async |request: axum::extract::Request, next: axum::middleware::Next| {
            let (parts, body) = request.into_parts();
            drop(
                next.clone()
                    .run(axum::extract::Request::from_parts(parts.clone(), epilogue::Body::empty()))
                    .await,
            );
            next.run(axum::extract::Request::from_parts(parts, body)).await
        });
    let (journal, mut entries) = Journal::new();
    let served = Served::new(App::new().state(journal).routes(routes![room]).layer(twice)).await;
    assert_eq!(told(&served, "return").await, 1000);
    served.stop().await.unwrap();
    let ended = entries.now();
    let count = |beginning: &str| ended.iter().filter(|line| line.starts_with(beginning)).count();
    assert_eq!((count("function:end"), count("exit:request")), (1, 2), "{ended:?}");
}

#[tokio::test]
async fn messages_go_both_ways() {
    let (served, _entries) = rooms().await;
    let mut client = open(&served, "/echo").await.unwrap();
    for message in [Message::text("hello"), Message::binary(vec![1, 2, 3]), Message::text("é".repeat(70_000))]
    {
        client.send(message.clone()).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), message);
    }
    client.send(Message::Ping("are you there".into())).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong("are you there".into()));
    client.close(None).await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Message::Close(_)))));
    assert!(client.next().await.is_none());
    served.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_said_before_the_upgrade() {
    let (served, mut entries) = rooms().await;
    let (status, body) = refused(&served, "/rooms/none?token=ferris").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("int_parsing"), "{body}");
    let exits = ["enter:request", "enter:function"];
    let seen = entries.take(4).await;
    assert_eq!(seen[..2], exits);
    assert!(
        seen[2].starts_with("exit:function Rejected") && seen[3].starts_with("exit:request Rejected"),
        "{seen:?}"
    );

    let (status, body) = refused(&served, "/rooms/7").await;
    assert_eq!((status, body.as_str()), (StatusCode::UNAUTHORIZED, r#"{"detail":"Not authenticated"}"#));
    let seen = entries.take(4).await;
    assert!(
        seen[2].starts_with("exit:function Failed(401") && seen[3].starts_with("exit:request Failed(401"),
        "{seen:?}"
    );
    assert_eq!(refused(&served, "/nowhere").await.0, StatusCode::NOT_FOUND);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_request_that_asks_for_no_socket_is_told_to() {
    let (served, mut entries) = rooms().await;
    let response = served.get("/rooms/7?token=ferris").await;
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(response.headers()["upgrade"], "websocket");
    assert_eq!(response.body(), r#"{"detail":"This is a WebSocket"}"#);
    let ask = |protocol: &str, version: &str| {
        Request::get("/echo")
            .header("host", "localhost")
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", protocol)
            .header("sec-websocket-version", version)
            .body(http_body_util::Full::default())
            .unwrap()
    };
    let response = served.send(ask("h2c", "13")).await;
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
    let response = served.send(ask("WebSocket", "8")).await;
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(response.headers()["sec-websocket-version"], "13");
    assert_eq!(served.send(ask("WebSocket", "13")).await.status(), StatusCode::BAD_REQUEST, "without a key");
    assert_eq!(served.send(request("POST", "/echo")).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    let mut http2 = served.http2().await;
    let response = http2.send_request(request("GET", "/echo")).await.unwrap();
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
    assert!(entries.now().is_empty(), "no dependency ran");
    served.stop().await.unwrap();
}

const WELL: [&str; 6] = [
    "enter:request",
    "enter:function",
    "function:end",
    "exit:function Replied(101 Switching Protocols)",
    "task",
    "exit:request Replied(101 Switching Protocols)",
];

#[tokio::test]
async fn tasks_and_exits_follow_the_close() {
    let (served, mut entries) = rooms().await;
    assert_eq!(told(&served, "return").await, 1000);
    assert_eq!(entries.take(6).await, WELL);
    assert_eq!(told(&served, "close").await, 4000);
    assert_eq!(entries.take(6).await, WELL);
    served.stop().await.unwrap();
    assert!(entries.now().is_empty());
}

/// The tasks wait for the client's answer to the close.
#[tokio::test]
async fn no_task_runs_before_the_socket_is_closed() {
    let (served, mut entries) = rooms().await;
    let mut client = open(&served, "/rooms/7?token=ferris").await.unwrap();
    client.send(Message::text("return")).await.unwrap();
    assert_eq!(entries.take(4).await, WELL[..4]);
    settle().await;
    assert!(entries.now().is_empty());
    assert_eq!(closed(&mut client).await, 1000);
    assert!(client.next().await.is_none());
    assert_eq!(entries.take(2).await, WELL[4..]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn an_error_or_panic_closes_with_1011_and_drops_the_tasks() {
    let (served, mut entries) = rooms().await;
    assert_eq!(told(&served, "fail").await, 1011);
    let seen = entries.take(4).await;
    assert_eq!(
        seen[2..],
        ["exit:function Failed(409 Conflict: told to)", "exit:request Failed(409 Conflict: told to)"]
    );
    assert_eq!(told(&served, "panic").await, 1011);
    let seen = entries.take(4).await;
    assert_eq!(seen[2..], ["exit:function Panicked(told to)", "exit:request Panicked(told to)"]);
    served.stop().await.unwrap();
    assert!(entries.now().is_empty());
}

#[tokio::test]
async fn a_client_that_vanishes_loses_no_task_and_no_exit() {
    let (served, mut entries) = rooms().await;
    let mut client = open(&served, "/rooms/7?token=ferris").await.unwrap();
    assert_eq!(text(&mut client).await, "ferris in 7");
    client.get_ref().set_zero_linger().unwrap();
    drop(client);
    assert_eq!(entries.take(6).await, WELL);

    // A client that leaves while the function sends: `?` passes the error on, and it is not a failure.
    let mut client = open(&served, "/rooms/7?token=ferris").await.unwrap();
    assert_eq!(text(&mut client).await, "ferris in 7");
    for _ in 0..100 {
        client.feed(Message::text("x".repeat(10_000))).await.unwrap();
    }
    client.flush().await.unwrap();
    client.get_ref().set_zero_linger().unwrap();
    drop(client);
    let seen = entries.take(5).await;
    let rest = if seen.contains(&"function:end".to_owned()) { entries.take(1).await } else { Vec::new() };
    let seen: Vec<_> = [seen, rest].concat().into_iter().filter(|line| line != "function:end").collect();
    let expected: Vec<_> = WELL.into_iter().filter(|line| *line != "function:end").collect();
    assert_eq!(seen, expected);
    served.stop().await.unwrap();
    assert!(entries.now().is_empty());
}

#[tokio::test]
async fn a_stop_closes_with_1001_and_waits_for_the_function() {
    #[websocket("/held")]
    async fn held(
        mut socket: WebSocket,
        journal: State<Journal>,
        gate: State<Gate>,
        tasks: &BackgroundTasks,
    ) -> Result<(), HttpError> {
        socket.send_text("open").await?;
        assert!(socket.recv().await.is_none());
        assert_eq!(socket.close_code(), Some(1001));
        journal.write("told");
        gate.pass().await;
        journal.write("function:end");
        tasks.add_task(noted, ((*journal).clone(), "task"));
        Ok(())
    }

    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let served = Served::new(App::new().state(journal).state(gate.clone()).routes(routes![held])).await;
    let mut client = open(&served, "/held").await.unwrap();
    assert_eq!(text(&mut client).await, "open");
    let stopping = tokio::spawn(served.stop());
    assert_eq!(closed(&mut client).await, 1001);
    assert!(client.next().await.is_none());
    assert_eq!(entries.next().await, "told");
    settle().await;
    assert!(!stopping.is_finished());
    gate.open();
    stopping.await.unwrap().unwrap();
    assert_eq!(entries.now(), ["function:end", "task"]);
}

#[tokio::test]
async fn a_function_that_does_not_end_is_cut_off_and_named_and_its_exits_run() {
    #[websocket("/stuck")]
    async fn stuck(socket: WebSocket, _around: Depends<around>, _within: Depends<within>) {
        let _ = socket.send_text("open").await;
        std::future::pending().await
    }

    let (journal, mut entries) = Journal::new();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let served = Served::new(App::new().state(journal).tasks(limits).routes(routes![stuck])).await;
    let mut client = open(&served, "/stuck").await.unwrap();
    assert_eq!(text(&mut client).await, "open");
    let error = served.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    assert_eq!(report.requests.len(), 1, "{report:?}");
    assert_eq!(&*report.requests[0].origin.name, "WEBSOCKET /stuck");
    let seen = entries.now();
    assert!(
        seen[2].starts_with("exit:function Failed(503") && seen[3].starts_with("exit:request Failed(503"),
        "{seen:?}"
    );
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009() {
    let chat = Router::new("/chat").body_limit(100).routes(routes![echo]);
    let served = Served::new(App::new().body_limit(10).router(chat)).await;
    let mut client = open(&served, "/chat/echo").await.unwrap();
    client.send(Message::text("x".repeat(100))).await.unwrap();
    assert_eq!(text(&mut client).await.len(), 100);
    client.send(Message::text("x".repeat(101))).await.unwrap();
    assert_eq!(closed(&mut client).await, 1009);
    served.stop().await.unwrap();
}

/// Its tasks run only when it is closed, so it keeps a place until then.
#[tokio::test]
async fn a_socket_that_may_add_tasks_counts_against_the_limit_until_they_have_run() {
    #[websocket("/adds")]
    async fn adds(
        mut socket: WebSocket,
        tasks: &BackgroundTasks,
        gate: State<Gate>,
    ) -> Result<(), HttpError> {
        socket.send_text("open").await?;
        while socket.recv().await.is_some() {
            tasks.add_task(pass, ((*gate).clone(),));
            socket.send_text("added").await?;
        }
        Ok(())
    }

    async fn pass(gate: Gate) {
        gate.pass().await;
    }

    #[post("/task")]
    async fn adds_one(tasks: &BackgroundTasks, gate: State<Gate>) {
        tasks.add_task(pass, ((*gate).clone(),));
    }

    let gate = Gate::default();
    let limits = TaskLimits::default().pending(1);
    let app = App::new().state(gate.clone()).tasks(limits).routes(routes![adds, adds_one, echo]);
    let served = Served::new(app.clone()).await;
    let mut without_tasks = open(&served, "/echo").await.unwrap();
    let mut client = open(&served, "/adds").await.unwrap();
    assert_eq!(text(&mut client).await, "open");
    assert_eq!(refused(&served, "/adds").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(served.send(request("POST", "/task")).await.status(), 503);
    // What it adds is accepted all the same.
    for added in 1..=3 {
        client.send(Message::text("add")).await.unwrap();
        assert_eq!(text(&mut client).await, "added");
        assert_eq!(app.task_stats().queued, added);
    }
    client.close(None).await.unwrap();
    while client.next().await.is_some() {}
    while app.task_stats().open > 1 {
        settle().await;
    }
    assert_eq!(served.send(request("POST", "/task")).await.status(), 503);
    gate.open();
    while app.task_stats().succeeded < 3 {
        settle().await;
    }
    assert_eq!(served.send(request("POST", "/task")).await.status(), 200);
    without_tasks.close(None).await.unwrap();
    while without_tasks.next().await.is_some() {}
    served.stop().await.unwrap();
}

/// As any request does that has them.
#[tokio::test]
async fn a_socket_with_exits_after_it_counts_against_the_limit_until_they_have_run() {
    #[dependency(exit = leave)]
    fn session(gate: State<Gate>) -> Gate {
        (*gate).clone()
    }

    async fn leave(gate: &Gate, _outcome: &Outcome) {
        gate.pass().await;
    }

    #[websocket("/session")]
    async fn with_session(socket: WebSocket, _session: Depends<session>) {
        receive_all(socket).await;
    }

    async fn receive_all(socket: WebSocket) {
        let (_sender, mut receiver) = socket.split();
        while receiver.recv().await.is_some() {}
    }

    #[post("/task")]
    async fn adds_one(tasks: &BackgroundTasks) {
        tasks.add_task(async || (), ());
    }

    let gate = Gate::default();
    let limits = TaskLimits::default().pending(1);
    let app = App::new().state(gate.clone()).tasks(limits).routes(routes![with_session, adds_one]);
    let served = Served::new(app.clone()).await;
    let mut client = open(&served, "/session").await.unwrap();
    assert_eq!(refused(&served, "/session").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(served.send(request("POST", "/task")).await.status(), 503);
    client.close(None).await.unwrap();
    while client.next().await.is_some() {}
    assert_eq!(served.send(request("POST", "/task")).await.status(), 503, "the exit waits");
    gate.open();
    while served.send(request("POST", "/task")).await.status() == 503 {
        settle().await;
    }
    served.stop().await.unwrap();
}

/// A function may be busy, and not look at its socket.
#[tokio::test]
async fn functions_that_go_on_without_their_clients_are_bounded() {
    #[websocket("/busy")]
    async fn busy(socket: WebSocket, gate: State<Gate>) -> Result<(), HttpError> {
        socket.send_text("begun").await?;
        gate.pass().await;
        Ok(())
    }

    /// Opens sockets until one is refused or taken, as is wanted.
    async fn until(served: &Served, is_wanted: fn(&Result<Client, Error>) -> bool) {
        for _ in 0..1_000 {
            let opened = open(served, "/receive").await;
            if is_wanted(&opened) {
                return;
            }
            settle().await;
        }
        panic!("it does not come to that");
    }

    let gate = Gate::default();
    let app = App::new().state(gate.clone()).tasks(TaskLimits::default().pending(3));
    let served = Served::new(app.routes(routes![busy, receive])).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = open(&served, "/busy").await.unwrap();
        assert_eq!(text(&mut client).await, "begun");
        clients.push(client);
    }
    let mut another = open(&served, "/receive").await.expect("all have their clients");
    drop(clients);
    until(&served, |opened| matches!(opened, Err(Error::Http(reply)) if reply.status() == 503)).await;
    gate.open();
    until(&served, Result::is_ok).await;
    another.close(None).await.unwrap();
    while another.next().await.is_some() {}
    served.stop().await.unwrap();
}

/// The client's end of a WebSocket in memory, where time passes only if neither side can go on.
async fn in_memory(app: App, path: &str) -> tokio::io::DuplexStream {
    let (mut client, server) = tokio::io::duplex(16 * 1024);
    let service = hyper_util::service::TowerToHyperService::new(app);
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(hyper_util::rt::TokioIo::new(server), service)
        .with_upgrades();
    tokio::spawn(connection);
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut upgraded = Vec::new();
    while !upgraded.ends_with(b"\r\n\r\n") {
        upgraded.push(client.read_u8().await.unwrap());
    }
    client
}

/// How many messages of this size are taken from a client by a function that receives none.
async fn taken_without_being_received(size: u16) -> usize {
    #[websocket("/deaf")]
    async fn deaf(socket: WebSocket) {
        let _socket = socket;
        std::future::pending().await
    }

    let mut client = in_memory(App::new().routes(routes![deaf]), "/deaf").await;
    let mut frame = vec![0x82, 0x80 | 126];
    frame.extend(size.to_be_bytes());
    frame.extend([0; 4]);
    frame.resize(frame.len() + usize::from(size), 0);
    let mut taken = 0;
    while taken < 1_000 {
        let written = tokio::time::timeout(Duration::from_secs(1), client.write_all(&frame)).await;
        if written.is_err() {
            break;
        }
        taken += 1;
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn of_large_messages_fewer_wait_for_a_function_than_of_small_ones() {
    // One that waits, one for which there is no room, and what is on its way.
    let large = taken_without_being_received(60_000).await;
    assert!((1..=3).contains(&large), "{large} large messages were taken");
    let small = taken_without_being_received(4_000).await;
    assert!(small >= 16, "{small} small messages were taken");
}

/// Each ping is answered, and answers that nobody takes are kept.
#[tokio::test(start_paused = true)]
async fn no_more_pings_are_read_than_the_client_takes_answers() {
    const PINGS: usize = 10_000;
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat();

    let client = in_memory(App::new().routes(routes![echo]), "/echo").await;
    let (mut reader, mut writer) = tokio::io::split(client);
    let writing = async {
        for _ in 0..PINGS {
            writer.write_all(&ping).await.unwrap();
        }
    };
    let mut writing = std::pin::pin!(writing);
    let all = tokio::time::timeout(Duration::from_secs(1), writing.as_mut()).await;
    assert!(all.is_err(), "the server has kept all the answers");

    let reading = async {
        let mut pong = [0; 127];
        for _ in 0..PINGS {
            reader.read_exact(&mut pong).await.unwrap();
            assert_eq!(pong[..3], [0x8a, 125, b'x']);
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test]
async fn an_open_socket_keeps_its_place_among_the_connections() {
    let app = App::new().routes(routes![echo]);
    let served = Served::with(app.clone(), |server| server.max_connections(1)).await;
    let mut client = open(&served, "/echo").await.unwrap();
    let second = tokio::time::timeout(Duration::from_millis(50), open(&served, "/echo")).await;
    assert!(second.is_err(), "the second one waits");
    assert_eq!(app.task_stats().open, 1);
    client.close(None).await.unwrap();
    while client.next().await.is_some() {}
    drop(client);
    open(&served, "/echo").await.unwrap();
    served.stop().await.unwrap();
}

/// What dependencies set on the reply goes out with the upgrade, also through layers.
#[tokio::test]
async fn the_upgrade_has_the_headers_of_the_reply() {
    #[dependency]
    fn visit(reply: &Reply) {
        reply.set_cookie("visit", "1");
    }

    #[websocket("/cookie", dependencies(visit))]
    async fn cookie(_socket: WebSocket) {}

    let app = App::new().routes(routes![cookie]).layer(tower::layer::util::Identity::new());
    let served = Served::new(app).await;
    let stream = TcpStream::connect(served.address).await.unwrap();
    let (mut client, response) =
        tokio_tungstenite::client_async("ws://localhost/cookie", stream).await.unwrap();
    assert!(response.headers()["set-cookie"].to_str().unwrap().starts_with("visit=1"));
    assert_eq!(closed(&mut client).await, 1000);
    // The answer to the close.
    assert!(client.next().await.is_none());
    served.stop().await.unwrap();
}

/// It does not read, or it reads and does not answer the close. Once the server stops, such a client is waited for at most a
/// third of the grace period.
#[tokio::test]
async fn a_client_that_does_nothing_does_not_hold_up_the_end() {
    #[websocket("/floods")]
    async fn floods(socket: WebSocket, tasks: &BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal.clone(), "after floods"));
        journal.write("floods");
        while socket.send_text("x".repeat(1024 * 1024)).await.is_ok() {}
    }

    #[websocket("/waits")]
    async fn waits(mut socket: WebSocket, tasks: &BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal.clone(), "after waits"));
        journal.write("waits");
        while socket.recv().await.is_some() {}
    }

    async fn note(journal: State<Journal>, line: &'static str) {
        journal.write(line);
    }

    let clock = Clock::stopped();
    for name in ["floods", "waits"] {
        let (journal, mut entries) = Journal::new();
        let limits = TaskLimits::default().grace(Duration::from_secs(2));
        let served =
            Served::new(App::new().state(journal).tasks(limits).routes(routes![floods, waits])).await;
        let _client = open(&served, &format!("/{name}")).await.unwrap();
        assert_eq!(entries.next().await, name);
        settle().await;
        clock.passes_until(served.stop()).await.unwrap();
        assert_eq!(entries.now(), [format!("after {name}")]);
    }
}

/// The others are told that it is over, however fast they send: the client reads more slowly than they do.
#[tokio::test]
async fn a_socket_is_closed_after_its_function_although_others_still_send() {
    #[websocket("/left")]
    async fn left(socket: WebSocket, journal: State<Journal>) {
        let (sender, mut receiver) = socket.split();
        tokio::spawn(async move {
            let large = Bytes::from(vec![7; 1024 * 1024]);
            while sender.send(large.clone()).await.is_ok() {}
            journal.write("told");
        });
        receiver.recv().await;
    }

    let (journal, mut entries) = Journal::new();
    let served = Served::new(App::new().state(journal).routes(routes![left])).await;
    let mut client = open(&served, "/left").await.unwrap();
    client.send(Message::text("end")).await.unwrap();
    let mut messages = 0;
    while let Message::Binary(_) = client.next().await.unwrap().unwrap() {
        messages += 1;
        assert!(messages < 100, "it is not closed");
    }
    // The answer to the close.
    assert!(client.next().await.is_none());
    assert_eq!(entries.next().await, "told");
    served.stop().await.unwrap();
}

/// A code that the protocol forbids is not sent.
#[tokio::test]
async fn a_close_is_one_that_may_be_sent() {
    #[websocket("/closes")]
    async fn closes(socket: WebSocket, code: Query<u16>, reason: Query<String>, journal: State<Journal>) {
        let closed = socket.close(*code, reason.into_inner()).await;
        journal.write(closed.map_or_else(|error| error.to_string(), |()| String::from("closed")));
    }

    async fn close(served: &Served, code: u16, reason: &str) -> (u16, String) {
        let mut client = open(served, &format!("/closes?code={code}&reason={reason}")).await.unwrap();
        let Message::Close(Some(close)) = client.next().await.unwrap().unwrap() else { panic!("no close") };
        (close.code.into(), close.reason.as_str().to_owned())
    }

    let (journal, mut entries) = Journal::new();
    let served = Served::new(App::new().state(journal).routes(routes![closes])).await;
    let long = "%C3%A9".repeat(70);
    for (code, reason, sent) in [
        (1000, "bye", String::from("bye")),
        (1013, "", String::new()),
        (3000, "", String::new()),
        (4999, &long, "é".repeat(61)),
    ] {
        assert_eq!(close(&served, code, reason).await, (code, sent));
        assert_eq!(entries.next().await, "closed");
    }
    for code in [0, 999, 1004, 1005, 1006, 1014, 2999, 5000] {
        // The function returns without having closed it.
        assert_eq!(close(&served, code, "").await, (1000, String::new()));
        assert_eq!(
            entries.next().await,
            format!(
                "a WebSocket is not closed with {code}, but with 1000 to 1003, 1007 to 1013 or 3000 to 4999"
            )
        );
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn subprotocols_are_compared_with_their_case() {
    #[websocket("/chat", protocols("v2", "v1"))]
    async fn chat(socket: WebSocket) -> Result<(), epilogue::WebSocketError> {
        socket.send_text(socket.protocol().unwrap_or("none")).await
    }

    let served = Served::new(App::new().routes(routes![chat])).await;
    for (offered, chosen) in [("V2, v1", "v1"), ("V2", "none"), ("v1,v2", "v2")] {
        let mut request = Request::get("ws://localhost/chat").header("sec-websocket-protocol", offered);
        for (name, value) in [
            ("host", "localhost"),
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request = request.header(name, value);
        }
        let stream = TcpStream::connect(served.address).await.unwrap();
        let (mut client, _) = hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
            .await
            .map(|(client, connection)| (client, tokio::spawn(connection.with_upgrades())))
            .unwrap();
        let reply = client.send_request(request.body(String::new()).unwrap()).await.unwrap();
        let told = reply.headers().get("sec-websocket-protocol").map(|protocol| protocol.to_str().unwrap());
        assert_eq!(told.unwrap_or("none"), chosen, "{offered}");
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_send_that_is_no_longer_polled_does_not_keep_the_socket_from_being_closed() {
    #[websocket("/")]
    async fn sends(socket: WebSocket) {
        let (sender, _receiver) = socket.split();
        let mut asleep = Vec::new();
        for _ in 0..40 {
            let sender = sender.clone();
            let mut send = Box::pin(async move { sender.send_text("sent").await });
            let _ = futures_util::poll!(&mut send);
            asleep.push(send);
        }
        // Until some of those that waited have got their place.
        settle().await;
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(asleep);
        });
    }

    let served = Served::new(App::new().routes(routes![sends])).await;
    let mut client = open(&served, "/").await.unwrap();
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), closed(&mut client)).await, Ok(1000));
    drop(client);
    served.stop().await.unwrap();
}
