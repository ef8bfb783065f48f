//! `TestClient`: WebSockets and streams without a socket, cookies, and two clients of one app.

use std::sync::Mutex;
use std::time::Duration;

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Gate, Journal};

#[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
struct Sum {
    a: i32,
    b: i32,
}

struct Session(Journal);

#[dependency(exit = leave)]
fn session(journal: State<Journal>, reply: &Reply) -> Session {
    reply.set_cookie("seen", "yes");
    journal.write("enter");
    Session((*journal).clone())
}

async fn leave(session: &Session, outcome: &Outcome) {
    session.0.write(format!("exit {outcome:?}"));
}

#[dependency]
fn user(token: Query<Option<String>>) -> Result<String, HttpError> {
    token.into_inner().ok_or_else(|| HttpError::new(StatusCode::UNAUTHORIZED, "Not authenticated"))
}

fn noted(journal: Journal, line: &'static str) {
    journal.write(line);
}

fn failing() -> Result<(), &'static str> {
    Err("of the task")
}

#[websocket("/rooms/{room}", protocols("v2.chat", "chat"))]
async fn room(
    room: Path<u32>,
    mut socket: WebSocket,
    session: Depends<session>,
    user: Depends<user>,
    tasks: &BackgroundTasks,
) -> Result<(), HttpError> {
    tasks.add_task(noted, (session.0.clone(), "task")).name("note");
    tasks.add_task(failing, ()).name("failing");
    socket.send_text(format!("{} in {} by {:?}", *user, *room, socket.protocol())).await?;
    while let Some(message) = socket.recv().await {
        match message? {
            epilogue::Message::Binary(bytes) => socket.send(bytes).await?,
            epilogue::Message::Text(text) if text == "fail" => {
                return Err(HttpError::new(StatusCode::CONFLICT, "told to"));
            }
            epilogue::Message::Text(text) => {
                let Sum { a, b } = serde_json::from_str(&text)?;
                socket.send_json(&(a + b)).await?;
            }
        }
    }
    session.0.write(format!("closed by {:?}", socket.close_code()));
    Ok(())
}

/// The page at the same path as the socket.
#[get("/rooms/{room}")]
async fn page(room: Path<u32>, seen: Cookie<Option<String>>) -> String {
    format!("page of {} seen {:?}", *room, *seen)
}

fn rooms() -> (TestClient, epilogue_e2e::Entries) {
    let (journal, entries) = Journal::new();
    (TestClient::new(App::new().state(journal).routes(routes![room, page])), entries)
}

struct Farewell(Journal, BackgroundTasks);

#[dependency(exit = say)]
fn farewell(journal: State<Journal>, tasks: BackgroundTasks) -> Farewell {
    Farewell((*journal).clone(), tasks)
}

async fn say(farewell: &Farewell, _outcome: &Outcome) {
    let journal = farewell.0.clone();
    let task = async move || {
        tokio::task::yield_now().await;
        journal.write("task of the exit");
        Err("of the task")
    };
    farewell.1.add_task(task, ());
}

#[tokio::test]
async fn a_request_is_done_when_the_tasks_of_its_exits_are() {
    #[get("/")]
    async fn leaves(_farewell: Depends<farewell>) {}

    let (journal, mut entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![leaves]));
    let response = client.get("/").send().await;
    assert_eq!(entries.now(), ["task of the exit"]);
    assert_eq!(response.failed_tasks()[0].message, "of the task");
}

#[tokio::test]
async fn a_websocket_without_a_socket() {
    let (client, mut entries) = rooms();
    let mut socket = client.get("/rooms/7").query("token", "ferris").connect().await.unwrap();
    assert_eq!(socket.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(socket.recv_text().await.unwrap().unwrap(), "ferris in 7 by None");
    socket.send_json(&Sum { a: 1, b: 2 }).await.unwrap();
    assert_eq!(socket.recv_json::<i32>().await.unwrap().unwrap(), 3);
    socket.send(vec![1, 2]).await.unwrap();
    assert_eq!(socket.recv().await.unwrap().unwrap(), epilogue::Message::Binary(vec![1, 2].into()));
    assert_eq!(entries.now(), ["enter"]);

    socket.close(4001, "done").await.unwrap();
    let response = socket.finished().await;
    let names: Vec<_> = response.tasks().iter().map(|task| task.name.clone()).collect();
    assert_eq!(names, ["note", "failing"]);
    assert_eq!(response.failed_tasks()[0].message, "of the task");
    let mut after = entries.now();
    assert!(after.pop().unwrap().starts_with("exit "));
    assert_eq!(after, ["closed by Some(4001)", "task"]);
}

#[tokio::test]
async fn what_is_borrowed_is_sent_as_json() {
    let (server, mut client) = WebSocket::pair();
    server.send_json("a").await.unwrap();
    server.split().0.send_json(&[1, 2][..]).await.unwrap();
    assert_eq!(client.recv_text().await.unwrap().unwrap(), "\"a\"");
    assert_eq!(client.recv_json::<[u8; 2]>().await.unwrap().unwrap(), [1, 2]);
}

#[tokio::test]
async fn a_websocket_that_is_still_open_is_closed_by_finished() {
    let (client, mut entries) = rooms();
    let socket = client.get("/rooms/7?token=ferris").connect().await.unwrap();
    // Nobody has read what the function sent.
    socket.finished().await;
    assert_eq!(entries.now()[1..3], ["closed by Some(1000)", "task"]);
}

#[tokio::test]
async fn a_function_that_fails_closes_with_1011_and_drops_its_tasks() {
    let (client, mut entries) = rooms();
    let mut socket = client.get("/rooms/7?token=ferris").connect().await.unwrap();
    socket.recv().await.unwrap().unwrap();
    socket.send_text("fail").await.unwrap();
    assert!(socket.recv().await.is_none());
    assert_eq!(socket.close_code(), Some(1011));
    let response = socket.finished().await;
    assert!(response.tasks().is_empty());
    let entries = entries.now();
    assert_eq!(entries.len(), 2, "{entries:?}");
    assert!(entries[1].starts_with("exit Failed"), "{entries:?}");
}

#[tokio::test]
async fn a_client_that_leaves_a_websocket_loses_no_task() {
    let (client, mut entries) = rooms();
    let mut socket = client.get("/rooms/7?token=ferris").connect().await.unwrap();
    socket.recv().await.unwrap().unwrap();
    drop(socket);
    let entries = entries.take(4).await;
    assert_eq!(entries[1..3], ["closed by None", "task"]);
}

#[tokio::test]
async fn a_rejection_before_the_upgrade_is_a_reply() {
    let (client, mut entries) = rooms();
    let refused = client.get("/rooms/7").connect().await.unwrap_err();
    assert_eq!(
        (refused.status(), refused.text()),
        (StatusCode::UNAUTHORIZED, r#"{"detail":"Not authenticated"}"#.into())
    );
    let refused = client.get("/rooms/x?token=t").connect().await.unwrap_err();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // When the refusal comes, the exits are done.
    assert_eq!(entries.now().len(), 4);
}

#[tokio::test]
async fn a_page_stands_beside_a_websocket() {
    let (client, _entries) = rooms();
    assert_eq!(client.get("/rooms/7").send().await.text(), "page of 7 seen None");
    let socket = client.get("/rooms/7?token=ferris").connect().await.unwrap();
    socket.finished().await;
    // The cookie of the upgrade is kept.
    assert_eq!(client.get("/rooms/7").send().await.text(), "page of 7 seen Some(\"yes\")");
    let refused = client.post("/rooms/7").send().await;
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn the_best_subprotocol_that_the_client_offers() {
    let (client, _entries) = rooms();
    for (offered, chosen) in [("chat, v2.chat", Some("v2.chat")), ("chat", Some("chat")), ("mqtt", None)] {
        let request = client.get("/rooms/7?token=ferris").header("sec-websocket-protocol", offered);
        let mut socket = request.connect().await.unwrap();
        assert_eq!(socket.protocol(), chosen);
        assert_eq!(socket.recv_text().await.unwrap().unwrap(), format!("ferris in 7 by {chosen:?}"));
        socket.finished().await;
    }
}

#[get("/events")]
async fn events(gate: State<Gate>, session: Depends<session>, tasks: &BackgroundTasks) -> Sse<EventStream> {
    tasks.add_task(noted, (session.0.clone(), "task"));
    let (events, reply) = Sse::channel();
    tokio::spawn(async move {
        events.send(Event::data("one")).await?;
        tokio::select! {
            () = gate.pass() => events.send(Event::data("two")).await,
            () = events.closed() => Ok(()),
        }
    });
    reply
}

fn streaming() -> (TestClient, epilogue_e2e::Entries, Gate) {
    let ((journal, entries), gate) = (Journal::new(), Gate::default());
    let app = App::new().state(journal).state(gate.clone()).routes(routes![events]);
    (TestClient::new(app), entries, gate)
}

#[tokio::test]
async fn a_stream_is_read_as_it_comes() {
    let (client, mut entries, gate) = streaming();
    let mut reply = client.get("/events").stream().await;
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
    assert_eq!(reply.chunk().await.unwrap(), "data: one\n\n");
    assert_eq!(entries.now(), ["enter"]);
    gate.open();
    let response = reply.finished().await;
    assert_eq!(response.text(), "data: two\n\n");
    assert_eq!(response.tasks().len(), 1);
    assert_eq!(entries.now()[0], "task");
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_a_client_that_leaves() {
    let (client, mut entries, _gate) = streaming();
    let mut reply = client.get("/events").stream().await;
    reply.chunk().await.unwrap();
    drop(reply);
    assert_eq!(entries.take(3).await[..2], ["enter", "task"]);
}

#[get("/me")]
async fn me(user: Depends<user>) -> String {
    user.to_string()
}

#[dependency]
fn other(name: Header<String>) -> String {
    name.into_inner()
}

#[tokio::test]
async fn an_override_is_of_one_client() {
    let app = App::new().routes(routes![me]);
    let real = TestClient::new(app.clone());
    let fixed = TestClient::new(app.clone().override_dependency::<user>(|| "crab".into()));
    let named = TestClient::new(app.override_dependency_with::<user, other>());
    for _ in 0..2 {
        assert_eq!(real.get("/me").send().await.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(fixed.get("/me").send().await.text(), "crab");
        assert_eq!(named.get("/me").header("name", "ferris").send().await.text(), "ferris");
        assert_eq!(named.get("/me").send().await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[get("/log-in")]
async fn log_in(reply: &Reply) {
    reply.set_cookie("session", "\"a b;c\"");
}

#[get("/log-out")]
async fn log_out(reply: &Reply) {
    reply.delete_cookie("session");
}

#[get("/expire")]
async fn expire(reply: &Reply) {
    let gone = HeaderValue::from_static("session=; expires=Thu, 01 Jan 1970 00:00:00 GMT");
    reply.append_header(header::SET_COOKIE, gone);
}

#[get("/session")]
async fn session_of(session: Cookie<Option<String>>) -> String {
    format!("{:?}", *session)
}

#[tokio::test]
async fn cookies_are_kept_until_they_are_deleted() {
    let client = TestClient::new(App::new().routes(routes![log_in, log_out, expire, session_of]));
    for deletes in ["/log-out", "/expire"] {
        let reply = client.get("/log-in").send().await;
        assert_eq!(reply.header("set-cookie"), Some("session=%22a%20b%3Bc%22; Path=/; SameSite=lax"));
        assert_eq!(client.get("/session").send().await.text(), r#"Some("\"a b;c\"")"#);
        client.get(deletes).send().await;
        assert_eq!(client.get("/session").send().await.text(), "None");
    }
}

#[websocket("/plain")]
async fn plain(mut socket: WebSocket) {
    while socket.recv().await.is_some() {}
}

#[tokio::test]
async fn a_websocket_that_leaves_nothing_behind_ends_too() {
    let client = TestClient::new(App::new().routes(routes![plain]));
    let response = client.get("/plain").connect().await.unwrap().finished().await;
    assert!(response.tasks().is_empty());
}

#[tokio::test]
async fn a_request_whose_parts_are_kept_is_not_waited_for() {
    #[get("/keeps")]
    async fn keeps(parts: RequestParts, kept: State<Mutex<Vec<RequestParts>>>) {
        kept.lock().unwrap().push(parts);
    }

    let kept = Mutex::new(Vec::<RequestParts>::new());
    let client = TestClient::new(App::new().state(kept).routes(routes![keeps]));
    let reply = tokio::time::timeout(Duration::from_secs(10), client.get("/keeps").send());
    assert_eq!(reply.await.expect("it is not waited for").status(), 200);
}

#[get("/from")]
async fn from(client: ClientAddr) -> String {
    client.to_string()
}

#[tokio::test]
async fn requests_come_from_an_address() {
    let client = TestClient::new(App::new().routes(routes![from]));
    assert_eq!(client.get("/from").send().await.text(), "127.0.0.1:50000");
    let elsewhere = "[2001:db8::1]:4711".parse().unwrap();
    assert_eq!(client.get("/from").client(elsewhere).send().await.text(), "[2001:db8::1]:4711");
}

/// Asks again if it gets a 503.
#[derive(Clone)]
struct Again<S>(S);

impl<S, E> tower::Service<axum_core::extract::Request> for Again<S>
where
    S: tower::Service<axum_core::extract::Request, Response = epilogue::Response, Error = E>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = epilogue::Response;
    type Error = E;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<epilogue::Response, E>> + Send>>;

    fn poll_ready(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), E>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: axum_core::extract::Request) -> Self::Future {
        let mut inner = self.0.clone();
        Box::pin(async move {
            let (parts, _body) = request.into_parts();
            let request = |parts| axum_core::extract::Request::from_parts(parts, epilogue::Body::empty());
            let reply = inner.call(request(parts.clone())).await?;
            if reply.status() == 503 { inner.call(request(parts)).await } else { Ok(reply) }
        })
    }
}

#[tokio::test]
async fn the_tasks_of_a_request_that_a_layer_repeats_are_waited_for() {
    #[get("/")]
    async fn at_last(
        tasks: &BackgroundTasks,
        journal: State<Journal>,
        tries: State<Mutex<u32>>,
    ) -> Result<(), HttpError> {
        *tries.lock().unwrap() += 1;
        if *tries.lock().unwrap() == 1 {
            return Err(HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "again"));
        }
        let journal = (*journal).clone();
        tasks.add_task(
            async move || {
                epilogue_e2e::settle().await;
                journal.write("done");
            },
            (),
        );
        Ok(())
    }

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).state(Mutex::new(0_u32)).routes(routes![at_last]);
    let client = TestClient::new(app.layer(tower::layer::layer_fn(Again)));
    assert_eq!(client.get("/").send().await.status(), 200);
    assert_eq!(entries.now(), ["done"]);
}

#[get("/host")]
async fn host(host: Header<String>, tasks: &BackgroundTasks) -> String {
    tasks.add_task(|| (), ());
    host.into_inner()
}

#[get("/nothing")]
async fn nothing() -> (StatusCode, &'static str) {
    (StatusCode::NO_CONTENT, "a body that no such reply has")
}

#[get("/reset")]
async fn reset() -> (StatusCode, &'static str) {
    (StatusCode::RESET_CONTENT, "a body that no such reply has")
}

#[get("/unchanged")]
async fn unchanged() -> (StatusCode, &'static str) {
    (StatusCode::NOT_MODIFIED, "a body that no such reply has")
}

#[tokio::test]
async fn a_reply_has_the_content_that_a_server_would_send() {
    let client = TestClient::new(App::new().routes(routes![host, nothing, reset, unchanged]));
    for (method, path, status, content, tasks) in [
        (Method::GET, "/host", 200, "testserver", 1),
        (Method::HEAD, "/host", 200, "", 1),
        (Method::HEAD, "/unknown", 404, "", 0),
        (Method::GET, "/nothing", 204, "", 0),
        (Method::GET, "/reset", 205, "", 0),
        (Method::GET, "/unchanged", 304, "", 0),
    ] {
        let reply = client.request(method.clone(), path).send().await;
        assert_eq!((reply.status().as_u16(), reply.text()), (status, content.into()), "{method} {path}");
        assert_eq!(reply.tasks().len(), tasks, "{method} {path}");
    }
}

#[tokio::test]
async fn a_request_is_to_the_host_that_it_names() {
    let client = TestClient::new(App::new().routes(routes![host]));
    assert_eq!(client.get("/host").header("host", "example.com").send().await.text(), "example.com");
    assert_eq!(client.get("http://example.org/host").send().await.text(), "example.org");
}

#[tokio::test]
#[should_panic(expected = "`items` is not a path: write `/items`")]
async fn a_path_begins_with_a_slash() {
    drop(TestClient::new(App::new()).get("items"));
}
