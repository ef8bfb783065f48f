//! What the log says of things that no client is told.

use std::any::type_name;
use std::convert::Infallible;
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue::{Message, WebSocketError};
use epilogue_e2e::{Entries, Gate, Journal, Raw, Served, hide_panics, logs_to, request};
use tokio::io::AsyncReadExt;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Level;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer};

/// Records what is logged at this level and above, one field after another.
struct Log(Journal, Level);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() <= self.1 && metadata.target().starts_with("epilogue") {
            let mut line = String::new();
            event.record(&mut Line(&mut line));
            self.0.write(line.trim_end());
        }
    }
}

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&match field.name() {
            "message" => format!("{value:?} "),
            name => format!("{name}={value:?} "),
        });
    }
}

/// The warnings and errors of the calling thread, until the guard is dropped.
fn log() -> (Entries, DefaultGuard) {
    log_at(Level::WARN)
}

fn log_at(level: Level) -> (Entries, DefaultGuard) {
    let (journal, entries) = Journal::new();
    (entries, logs_to(Log(journal, level)))
}

#[derive(Debug, thiserror::Error)]
#[error("cannot commit: {0}")]
struct Uncommitted(&'static str);

impl IntoResponse for Uncommitted {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, self.to_string()).into_response()
    }
}

/// An error whose reply has no text.
struct Wordless;

impl IntoResponse for Wordless {
    fn into_response(self) -> Response {
        StatusCode::BAD_GATEWAY.into_response()
    }
}

/// An error that makes its reply of an `HttpError`, which has a source.
struct Lost;

impl IntoResponse for Lost {
    fn into_response(self) -> Response {
        HttpError::internal("the connection is gone").into_response()
    }
}

async fn commit(_: &u8, _: &Outcome) -> Result<(), HttpError> {
    Err(Uncommitted("deadlock"))?
}

async fn commit_own(_: &u8, _: &Outcome) -> Result<(), Uncommitted> {
    Err(Uncommitted("deadlock"))
}

async fn commit_wordless(_: &u8, _: &Outcome) -> Result<(), Wordless> {
    Err(Wordless)
}

#[dependency(exit = commit)]
fn transaction() -> u8 {
    1
}

#[dependency(exit = commit_own)]
fn own_transaction() -> u8 {
    2
}

#[dependency(exit = commit_wordless)]
fn wordless_transaction() -> u8 {
    3
}

#[dependency(scope = "app", exit = commit_own)]
fn pool() -> u8 {
    4
}

#[get("/items/{id}")]
async fn item(
    id: Path<u8>,
    _pool: Depends<pool>,
    _wordless: Depends<wordless_transaction>,
    _own: Depends<own_transaction>,
    _transaction: Depends<transaction>,
) -> String {
    id.to_string()
}

#[tokio::test]
async fn an_exit_that_fails_after_the_reply_is_logged_with_its_reason() {
    let (mut entries, guard) = log();
    let app = App::new().routes(routes![item]);
    assert_eq!(TestClient::new(app.clone()).get("/items/7").send().await.status(), 200);
    app.drain().await.unwrap();
    drop(guard);
    let route = r#"route="GET /items/{id}""#;
    assert_eq!(
        entries.now(),
        [
            format!(
                r#"an exit failed after the reply dependency="transaction" {route} error="cannot commit: deadlock""#
            ),
            format!(
                r#"an exit failed after the reply dependency="own_transaction" {route} error="409 Conflict: cannot commit: deadlock""#
            ),
            format!(
                r#"an exit failed after the reply dependency="wordless_transaction" {route} error="an error of type `{}`, which replies 502 Bad Gateway""#,
                type_name::<Wordless>()
            ),
            String::from(
                r#"the exit of an app-scoped dependency failed dependency="pool" error="409 Conflict: cannot commit: deadlock""#
            ),
        ]
    );
}

#[tokio::test]
async fn a_dependency_of_a_handler_without_a_layer_is_logged() {
    use tower::ServiceExt;

    let (mut entries, _guard) = log();
    let router = axum::Router::new().route("/", axum::routing::get(async |_: Depends<transaction>| {}));
    let request = http::Request::get("/").body(epilogue::Body::empty()).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), 500);
    assert_eq!(
        entries.now(),
        [
            r#"a handler takes `Depends`, but no `EpilogueLayer` is around it: axum's `layer` covers the routes that were added before it dependency="transaction""#
        ]
    );
}

#[dependency]
fn user() -> Result<u32, String> {
    Err(String::from("not logged in"))
}

#[get("/secrets")]
async fn secrets(user: Depends<user>) -> Result<String, Wordless> {
    if *user == 0 { Err(Wordless) } else { Ok(user.to_string()) }
}

#[tokio::test]
async fn an_error_that_replies_as_if_all_were_well_is_logged() {
    let (mut entries, _guard) = log();
    let app = App::new().routes(routes![secrets]);
    assert_eq!(TestClient::new(app.clone()).get("/secrets").send().await.status(), 200);
    assert_eq!(
        entries.now(),
        [
            "an `Err` became a reply with a success status: return an `HttpError`, or an error type that replies with another status \
          route=\"GET /secrets\" error=\"alloc::string::String\" status=200"
        ]
    );

    // Nothing is logged if the reply is an error, or if the app has chosen the reply itself.
    let wordless = TestClient::new(app.clone().override_dependency::<user>(|| 0));
    assert_eq!(wordless.get("/secrets").send().await.status(), 502);
    let chosen = TestClient::new(app.on_error(|text: &String, _| text.clone()));
    assert_eq!(chosen.get("/secrets").send().await.status(), 200);
    assert_eq!(entries.now(), [""; 0]);
}

async fn goes_wrong() -> Result<(), &'static str> {
    Err("on purpose")
}

#[dependency]
fn explosion() {
    panic!("on purpose");
}

async fn theirs(tasks: BackgroundTasks) {
    tasks.add_task(goes_wrong, ());
}

#[get("/own")]
async fn own(tasks: &BackgroundTasks) {
    tasks.add_task(goes_wrong, ());
}

#[tokio::test]
async fn requests_under_a_layer_are_named_and_numbered_among_the_apps_own() {
    use tower::ServiceExt;

    let (mut entries, _guard) = log();
    let app = App::new().routes(routes![own]);
    let handlers = axum::Router::new()
        .route("/theirs", axum::routing::get(theirs))
        .route("/explodes", axum::routing::get(async |_: Depends<explosion>| {}))
        .layer(epilogue::EpilogueLayer::new(app.clone()));
    let router = handlers.fallback_service(app.clone());
    for path in ["/own", "/theirs", "/own", "/theirs", "/explodes"] {
        let request = http::Request::get(path).body(epilogue::Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap();
    }
    app.drain().await.unwrap();
    let log = entries.now().join("\n");
    for request in ["GET /own #1", "GET /theirs #2", "GET /own #3", "GET /theirs #4"] {
        assert_eq!(log.matches(request).count(), 1, "{request} in:\n{log}");
    }
    assert!(log.contains(r#"a request panicked route="GET /explodes""#), "{log}");
}

/// What an error of one's own makes its reply of does not know for whom that is.
#[tokio::test]
async fn the_source_of_an_error_of_ones_own_is_logged_where_it_belongs() {
    async fn lose(_: &(), _: &Outcome) -> Result<(), Lost> {
        Err(Lost)
    }

    #[dependency(exit = lose)]
    fn session() {}

    #[derive(Debug, thiserror::Error)]
    #[error("the table is locked")]
    struct Locked;

    impl IntoResponse for Locked {
        fn into_response(self) -> Response {
            HttpError::new(StatusCode::CONFLICT, self.to_string()).with_source(self).into_response()
        }
    }

    async fn unlock(_: &(), _: &Outcome) -> Result<(), Locked> {
        Err(Locked)
    }

    #[dependency(exit = unlock)]
    fn table() {}

    #[get("/exits", dependencies(session, table))]
    async fn exits() {}

    #[get("/lost")]
    async fn lost() -> Result<(), Lost> {
        Err(Lost)
    }

    #[dependency(scope = "app")]
    fn lost_pool() -> Result<u8, Lost> {
        Err(Lost)
    }

    #[get("/never", dependencies(lost_pool))]
    async fn never() {}

    let (mut entries, _guard) = log();
    let app = App::new().routes(routes![exits, lost, fails]);
    let client = TestClient::new(app.clone());
    client.get("/exits").send().await;
    client.get("/lost").send().await;
    TestClient::new(app.on_error(|_: &Uncommitted, _| Lost)).get("/fails/1").send().await;
    assert_eq!(
        entries.now(),
        [
            r#"an exit failed after the reply dependency="table" route="GET /exits" error="409 Conflict: the table is locked""#,
            r#"an exit failed after the reply dependency="session" route="GET /exits" error="the connection is gone""#,
            r#"a request failed route="GET /lost" status=500 error="the connection is gone""#,
            r#"a request failed route="GET /fails/{id}" status=500 error="the connection is gone""#,
        ]
    );

    let refused = App::new().routes(routes![never]).start().await.unwrap_err().to_string();
    assert!(refused.ends_with("could not be built: the connection is gone"), "{refused}");
    assert!(entries.now().is_empty());
}

/// A reply that panics on the way tells all the same what it was made of.
#[tokio::test]
async fn the_source_of_an_error_whose_reply_panics_is_logged() {
    struct Clumsy;

    impl IntoResponse for Clumsy {
        fn into_response(self) -> Response {
            drop(HttpError::internal("the connection is gone").into_response());
            panic!("no reply")
        }
    }

    #[get("/clumsy")]
    async fn clumsy() -> Result<(), Clumsy> {
        Err(Clumsy)
    }

    hide_panics(&["no reply"]);
    let (mut entries, _guard) = log();
    TestClient::new(App::new().routes(routes![clumsy])).get("/clumsy").send().await;
    let lines = entries.now();
    assert!(lines.iter().any(|line| line.contains(r#"error="the connection is gone""#)), "{lines:?}");
}

#[tokio::test]
async fn an_app_that_has_ended_well_says_so() {
    let (mut entries, _guard) = log_at(Level::INFO);
    let client = TestClient::new(App::new());
    client.get("/").send().await;
    client.stop().await.unwrap();
    assert_eq!(entries.now(), ["ended: all requests, tasks and exits are done"]);
}

#[get("/panics")]
async fn panics() {
    panic!("on purpose");
}

/// By the line that declares its function, as tasks are by the line that queued them. It is not where the panic was.
#[tokio::test]
async fn a_request_that_panicked_is_named_with_the_source_of_its_function() {
    let (mut entries, _guard) = log();
    let line = line!() - 8;
    TestClient::new(App::new().routes(routes![panics])).get("/panics").send().await;
    let source = format!("{}:{line}", file!());
    let log = format!(r#"a request panicked route="GET /panics" source={source} panic="on purpose""#);
    assert_eq!(entries.now(), [log]);
}

#[get("/fails/{id}")]
async fn fails(id: Path<u8>) -> Result<String, HttpError> {
    Err(Uncommitted(if *id == 0 { "nothing" } else { "deadlock" }))?
}

#[dependency]
fn broken() -> Result<(), HttpError> {
    Err(Uncommitted("deadlock"))?
}

#[get("/passes-on")]
async fn passes_on(broken: Result<Depends<broken>, Rejection>) -> Result<(), Rejection> {
    broken.map(|_| ())
}

/// At this level there is no span that would say which request it was.
#[tokio::test]
async fn a_request_that_failed_is_named() {
    let (mut entries, _guard) = log();
    let client = TestClient::new(App::new().routes(routes![fails, passes_on]));
    assert_eq!(client.get("/fails/1").send().await.status(), 500);
    assert_eq!(client.get("/passes-on").send().await.status(), 500);
    assert_eq!(
        entries.now(),
        [
            r#"a request failed route="GET /fails/{id}" status=500 error="cannot commit: deadlock""#,
            r#"a request failed route="GET /passes-on" status=500 error="cannot commit: deadlock""#,
        ]
    );
}

/// What an error says may be a client's words. In quotes, they cannot pass for a line of the log.
#[tokio::test]
async fn the_words_of_a_client_stay_within_their_line() {
    #[derive(Debug, thiserror::Error)]
    #[error("nobody is called {0}")]
    struct Nobody(String);

    #[get("/users/{name}")]
    async fn of_name(name: Path<String>) -> Result<(), HttpError> {
        Err(Nobody(name.into_inner()))?
    }

    let (mut entries, _guard) = log();
    TestClient::new(App::new().routes(routes![of_name]))
        .get("/users/ann%0Aa%20request%20failed")
        .send()
        .await;
    assert_eq!(
        entries.now(),
        [
            r#"a request failed route="GET /users/{name}" status=500 error="nobody is called ann\na request failed""#
        ]
    );
}

#[tokio::test]
async fn a_handler_of_every_http_error_does_not_silence_what_they_were_made_from() {
    let (mut entries, _guard) = log();
    let app = App::new().routes(routes![fails]);
    let app = app.on_error(|error: &HttpError, _| (error.status(), "sorry"));
    let reply = TestClient::new(app.clone()).get("/fails/1").send().await;
    assert_eq!((reply.status().as_u16(), &*reply.text()), (500, "sorry"));
    assert_eq!(
        entries.now(),
        [r#"a request failed route="GET /fails/{id}" status=500 error="cannot commit: deadlock""#]
    );

    // One that passes the error on does not tell of it twice.
    let passing_on = app.clone().on_error(|error: &HttpError, _| error.clone());
    assert_eq!(TestClient::new(passing_on).get("/fails/1").send().await.status(), 500);
    assert_eq!(
        entries.now(),
        [r#"a request failed route="GET /fails/{id}" status=500 error="cannot commit: deadlock""#]
    );

    // One of the error itself says in its own words what there is to say.
    let client = TestClient::new(app.on_error(|error: &Uncommitted, _| (StatusCode::CONFLICT, error.0)));
    assert_eq!(client.get("/fails/1").send().await.status(), 409);
    assert_eq!(client.get("/unknown").send().await.status(), 404);
    assert_eq!(entries.now(), [""; 0]);
}

#[get("/streams")]
async fn streams() -> Body {
    let first = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from("first"))]);
    Body::from_stream(futures_util::StreamExt::chain(first, futures_util::stream::pending()))
}

#[get("/hangs")]
async fn hangs(journal: State<Journal>, gate: State<Gate>) {
    journal.write("hangs");
    gate.pass().await;
}

/// An app that is stopped while it sends a stream and works on a request.
fn unfinished() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    let limits = TaskLimits::default().grace(Duration::from_millis(20));
    let app = App::new().state(journal).state(Gate::default()).tasks(limits);
    (app.routes(routes![streams, hangs, secrets]), entries)
}

fn layer() -> SetResponseHeaderLayer<http::HeaderValue> {
    SetResponseHeaderLayer::overriding(http::header::SERVER, http::HeaderValue::from_static("epilogue"))
}

async fn read_until(client: &mut Raw, end: &str) {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(end) {
        assert_ne!(client.0.read_buf(&mut read).await.unwrap(), 0);
    }
}

/// The requests that the log names as cut off.
fn cut_off(mut entries: Entries) -> Vec<String> {
    let mut lines = entries.now();
    lines.retain(|line| line.starts_with("a request was cut off"));
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn what_the_deadline_cuts_off_is_named() {
    for is_layered in [false, true] {
        let (log, _guard) = log();
        let (mut app, mut entries) = unfinished();
        if is_layered {
            app = app.layer(layer());
        }
        let served = Served::new(app).await;
        let mut streaming = served.connect().await;
        // What has been answered is not named, nor what only waits for its next request.
        streaming.write("GET /secrets HTTP/1.1\r\n\r\nGET /streams HTTP/1.1\r\n\r\n").await;
        read_until(&mut streaming, "first").await;
        let mut hanging = served.connect().await;
        hanging.write("GET /hangs HTTP/1.1\r\n\r\n").await;
        assert_eq!(entries.next().await, "hangs");
        assert!(matches!(served.stop().await, Err(epilogue::Error::Unfinished(_))));
        let named =
            [r#"a request was cut off route="GET /hangs""#, r#"a request was cut off route="GET /streams""#];
        assert_eq!(cut_off(log), named, "layered: {is_layered}");
    }
}

#[tokio::test]
async fn what_the_deadline_cuts_off_is_named_on_http2() {
    let (log, _guard) = log();
    let (app, mut entries) = unfinished();
    let served = Served::new(app).await;
    let mut client = served.http2().await;
    let streaming = client.send_request(request("GET", "/streams")).await.unwrap();
    let hanging = tokio::spawn(client.send_request(request("GET", "/hangs")));
    assert_eq!(entries.next().await, "hangs");
    assert!(matches!(served.stop().await, Err(epilogue::Error::Unfinished(_))));
    assert!(hanging.await.unwrap().is_err());
    drop(streaming);
    let named =
        [r#"a request was cut off route="GET /hangs""#, r#"a request was cut off route="GET /streams""#];
    assert_eq!(cut_off(log), named);
}

/// A client that has got its reply and goes is nothing to log.
#[tokio::test]
async fn a_client_that_leaves_after_its_reply_is_not_logged() {
    for is_layered in [false, true] {
        let (mut entries, _guard) = log_at(Level::DEBUG);
        let (mut app, _journal) = unfinished();
        app = app.routes(routes![fails, item]);
        if is_layered {
            app = app.layer(layer());
        }
        let served = Served::new(app).await;
        for path in ["/secrets", "/fails/1", "/items/1", "/nowhere"] {
            let mut client = served.connect().await;
            client.write(format!("GET {path} HTTP/1.1\r\n\r\n")).await;
            client.read_at_least(1).await;
        }
        served.stop().await.unwrap();
        let mut lines = entries.now();
        lines.retain(|line| line.starts_with("a connection ended"));
        assert_eq!(lines, [""; 0], "layered: {is_layered}");
    }
}

#[tokio::test]
async fn why_a_connection_has_ended_is_logged_to_its_cause() {
    let (mut log, _guard) = log_at(Level::DEBUG);
    let (app, mut entries) = unfinished();
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write("GET /hangs HTTP/1.1\r\n\r\n").await;
    assert_eq!(entries.next().await, "hangs");
    drop(client);
    let line = loop {
        let line = log.next().await;
        if line.starts_with("a connection ended") {
            break line;
        }
    };
    assert!(
        line.ends_with("error writing a body to connection: the client left before its reply\""),
        "{line}"
    );
    served.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_overload_is_logged_once_a_second() {
    #[post("/")]
    async fn index(tasks: &BackgroundTasks) {
        tasks.add_task(async || (), ());
    }

    let (mut entries, _logs) = log();
    let client = TestClient::new(App::new().routes(routes![index]).tasks(TaskLimits::default().pending(0)));
    let overload = async || assert_eq!(client.post("/").send().await.status(), 503);
    for _ in 0..3 {
        overload().await;
    }
    let line = |refused| {
        format!(
            "the limit of pending tasks is reached: requests are refused request=POST / refused={refused}"
        )
    };
    assert_eq!(entries.now(), [line(1)]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    overload().await;
    assert_eq!(entries.now(), [line(3)]);
}

#[tokio::test]
async fn a_dependency_that_is_refused_under_a_layer_is_logged_as_an_overload() {
    #[dependency(exit = leave)]
    fn session() {}

    async fn leave((): &(), _outcome: &Outcome) {}

    let (mut entries, _logs) = log();
    let app = App::new().tasks(TaskLimits::default().pending(0));
    let router = axum::Router::new()
        .route("/session", axum::routing::post(async |_session: Depends<session>| {}))
        .layer(epilogue::EpilogueLayer::new(app));
    let refused = tower::ServiceExt::oneshot(router, request("POST", "/session")).await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(
        entries.now(),
        ["the limit of pending tasks is reached: requests are refused request=POST /session #1 refused=1"]
    );
}

/// Records the names of the fields of each span.
struct Spans(Journal);

impl<S: tracing::Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, _: &tracing::Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() == module_path!() {
            let fields: Vec<_> = metadata.fields().iter().map(|field| field.name()).collect();
            self.0.write(format!("{} {}", metadata.name(), fields.join(" ")));
        }
    }
}

#[dependency]
#[tracing::instrument]
async fn visitor(q: Query<String>) -> String {
    q.into_inner()
}

#[tracing::instrument]
#[get("/above")]
async fn above(visitor: Depends<visitor>, again: &Depends<visitor>) -> String {
    format!("{} {}", *visitor, **again)
}

#[get("/below")]
#[tracing::instrument]
async fn below(visitor: Depends<visitor>, again: &Depends<visitor>) -> String {
    format!("{} {}", *visitor, **again)
}

#[tokio::test]
async fn an_attribute_above_or_below_a_macro_sees_each_parameter_once() {
    let (journal, mut entries) = Journal::new();
    let _guard = logs_to(Spans(journal));
    let client = TestClient::new(App::new().routes(routes![above, below]));
    for (path, span) in [("/above?q=x", "above visitor again"), ("/below?q=x", "below visitor again")] {
        assert_eq!(client.get(path).send().await.status(), 200);
        assert_eq!(entries.next().await, "visitor q");
        assert_eq!(entries.next().await, span);
    }
}

/// As one that sends invalid values to another path function is not.
#[tokio::test]
async fn a_client_that_sends_something_else_to_a_websocket_is_no_error() {
    #[websocket("/numbers")]
    async fn numbers(mut socket: WebSocket) -> Result<(), HttpError> {
        while let Some(number) = socket.recv_json::<u8>().await {
            number?;
        }
        Ok(())
    }

    #[websocket("/texts")]
    async fn texts(mut socket: WebSocket) -> Result<(), WebSocketError> {
        while let Some(text) = socket.recv_text().await {
            text?;
        }
        Err(WebSocketError::Closed)
    }

    let (mut entries, _guard) = log();
    let client = TestClient::new(App::new().routes(routes![numbers, texts]));
    for path in ["/numbers", "/texts"] {
        let mut socket = client.get(path).connect().await.unwrap();
        socket.send(Message::Binary(Bytes::from_static(b"x"))).await.unwrap();
        assert!(socket.recv().await.is_none());
        assert_eq!(socket.close_code(), Some(1007), "{path}");
        drop(socket.finished().await);
    }
    assert_eq!(entries.now(), [""; 0]);
}

#[get("/refused/{status}")]
async fn refused(status: Path<u16>) -> Result<(), HttpError> {
    let status = StatusCode::from_u16(*status).unwrap();
    Err(HttpError::new(status, "no").with_source(Uncommitted("busy")))
}

#[tokio::test]
async fn what_a_client_does_wrong_is_not_logged_as_an_error_of_the_server() {
    let client = TestClient::new(App::new().routes(routes![refused]));
    for (status, errors) in [(409, 0), (503, 1)] {
        for (level, expected) in [(Level::WARN, 1), (Level::ERROR, errors)] {
            let (mut entries, _guard) = log_at(level);
            assert_eq!(client.get(&format!("/refused/{status}")).send().await.status(), status);
            assert_eq!(entries.now().len(), expected, "{status} at {level}");
        }
    }
}

/// An error whose message includes that of its cause.
#[derive(Debug, thiserror::Error)]
#[error("the settings were not read: {0}")]
struct Unread(#[source] std::io::Error);

#[get("/unread")]
async fn unread() -> Result<(), HttpError> {
    Err(Unread(std::io::Error::other("the disk is on fire")))?
}

#[tokio::test]
async fn the_log_says_once_what_an_error_says_of_its_cause() {
    let (mut entries, _guard) = log();
    let served = Served::new(App::new().routes(routes![unread])).await;
    served.get("/unread").await;
    let error = r#"error="the settings were not read: the disk is on fire""#;
    assert_eq!(entries.next().await, format!(r#"a request failed route="GET /unread" status=500 {error}"#));
}

#[derive(Debug, thiserror::Error)]
#[error("the order was not stored")]
struct NotStored(#[source] std::io::Error);

#[dependency(scope = "function", exit = roll_back)]
fn lost_transaction() {}

async fn roll_back(_transaction: &(), _outcome: &Outcome) -> Result<(), HttpError> {
    Err(std::io::Error::other("the connection is gone").into())
}

#[get("/fails", dependencies(lost_transaction))]
async fn fails_in_a_transaction() -> Result<(), HttpError> {
    let error = NotStored(std::io::Error::other("the disk is full"));
    Err(HttpError::new(StatusCode::INSUFFICIENT_STORAGE, "no room").with_source(error))
}

#[get("/panics", dependencies(lost_transaction))]
async fn panics_in_a_transaction() {
    panic!("on purpose")
}

#[tokio::test]
async fn a_failure_is_told_although_an_exit_fails_too() {
    let (mut entries, _guard) = log_at(Level::ERROR);
    let client = TestClient::new(App::new().routes(routes![fails_in_a_transaction, panics_in_a_transaction]));
    let no_room = "507 Insufficient Storage: no room: the order was not stored: the disk is full";
    for (path, error) in [("/fails", no_room), ("/panics", "it panicked: on purpose")] {
        assert_eq!(client.get(path).send().await.status(), 500);
        let route = format!(r#"route="GET {path}""#);
        assert_eq!(
            entries.now(),
            [
                format!(r#"a request failed, and an exit's error became its reply {route} error="{error}""#),
                format!(r#"a request failed {route} status=500 error="the connection is gone""#),
            ]
        );
    }
}
