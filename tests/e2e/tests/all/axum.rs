//! An app inside an axum router, axum's extractors and replies inside an app, and tower-http's layers around one.

use std::time::Duration;

use axum::extract::{OriginalUri, RawQuery};
use axum::http::Request;
use axum::response::Html;
use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Gate, Journal, Served, request, settle};
use http_body_util::{BodyExt, Full};
use hyper::ext::ReasonPhrase;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

async fn write(journal: State<Journal>, line: String) {
    journal.write(line);
}

#[dependency]
fn name(x_name: Header<String>, journal: State<Journal>, tasks: &BackgroundTasks) -> String {
    tasks.add_task(write, (journal, format!("known: {}", *x_name)));
    x_name.into_inner()
}

#[post("/greet/{greeting}")]
async fn greet(
    greeting: Path<String>,
    name: Depends<name>,
    journal: State<Journal>,
    tasks: &BackgroundTasks,
) -> String {
    tasks.add_task(write, (journal, format!("greeted: {}", *name)));
    format!("{} {}", *greeting, *name)
}

fn journalled() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    (App::new().state(journal), entries)
}

fn post(path: &str) -> Request<Body> {
    let request = Request::builder().method("POST").uri(path).header("x-name", "ann");
    request.body(Body::empty()).expect("a request")
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The router on a socket, under axum's own server.
async fn serve(router: axum::Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port of the system");
    let address = listener.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn send(address: std::net::SocketAddr, request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let stream = tokio::net::TcpStream::connect(address).await.expect("the server accepts");
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut client, connection) = hyper::client::conn::http1::handshake(io).await.expect("a handshake");
    tokio::spawn(connection);
    let response = client.send_request(request).await.expect("a reply");
    (response.status(), text(response.map(Body::new)).await)
}

#[tokio::test]
async fn an_app_nests_in_a_router_and_drains_at_the_end() {
    let (app, mut entries) = journalled();
    let app = app.routes(routes![greet]);
    let router = axum::Router::new()
        .route("/", axum::routing::get(|| async { "axum's own" }))
        .nest_service("/api", app.clone());
    let address = serve(router).await;

    let mut hello = request("POST", "/api/greet/hello");
    hello.headers_mut().insert("x-name", HeaderValue::from_static("ann"));
    assert_eq!(send(address, hello).await, (StatusCode::OK, "hello ann".into()));
    assert_eq!(entries.take(2).await, ["known: ann", "greeted: ann"]);
    assert_eq!(send(address, request("GET", "/")).await, (StatusCode::OK, "axum's own".into()));
    assert_eq!(send(address, request("GET", "/api/nothing")).await.0, StatusCode::NOT_FOUND);

    app.drain().await.expect("everything was done");
    assert_eq!(app.task_stats().succeeded, 2);
}

#[tokio::test]
async fn an_app_is_the_fallback_of_a_router() {
    let (app, _entries) = journalled();
    let router = axum::Router::new()
        .route("/old", axum::routing::get(|| async { "old" }))
        .fallback_service(app.routes(routes![greet]));
    let reply = router.clone().oneshot(post("/greet/hi")).await.unwrap();
    assert_eq!(text(reply).await, "hi ann");
    let reply = router.oneshot(Request::get("/old").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(text(reply).await, "old");
}

#[tokio::test]
async fn tasks_start_when_the_body_has_ended_or_is_dropped() {
    let (app, mut entries) = journalled();
    let router = axum::Router::new().nest_service("/api", app.routes(routes![greet]));

    for ends in [true, false] {
        let reply = router.clone().oneshot(post("/api/greet/hello")).await.unwrap();
        settle().await;
        assert_eq!(entries.now(), [""; 0], "the body is still there");
        if ends {
            drop(text(reply).await)
        } else {
            drop(reply)
        }
        assert_eq!(entries.take(2).await, ["known: ann", "greeted: ann"]);
    }
}

#[tokio::test]
async fn drain_waits_for_what_is_queued() {
    #[post("/")]
    async fn slow(gate: State<Gate>, tasks: &BackgroundTasks) {
        tasks.add_task(async move || gate.pass().await, ());
    }

    let gate = Gate::default();
    let app = App::new().state(gate.clone()).routes(routes![slow]);
    drop(axum::Router::new().fallback_service(app.clone()).oneshot(post("/")).await.unwrap());

    let drained = tokio::spawn({
        let app = app.clone();
        async move { app.drain().await }
    });
    settle().await;
    assert!(!drained.is_finished());
    gate.open();
    drained.await.unwrap().expect("the task was done");
    assert_eq!(app.task_stats().succeeded, 1);
}

/// A server may end before it has dropped its last requests: axum's does.
#[tokio::test]
async fn drain_waits_for_requests_that_a_server_still_has() {
    #[post("/")]
    async fn slow(gate: State<Gate>, tasks: &BackgroundTasks) {
        gate.pass().await;
        tasks.add_task(|| (), ());
    }

    for is_layered in [false, true] {
        let gate = Gate::default();
        let mut app = App::new().state(gate.clone()).routes(routes![slow]);
        if is_layered {
            app = app.layer(CatchPanicLayer::new());
        }
        let replied = tokio::spawn(app.clone().oneshot(post("/")));
        settle().await;
        let drained = tokio::spawn({
            let app = app.clone();
            async move { app.drain().await }
        });
        settle().await;
        assert!(!drained.is_finished(), "the path function runs");
        gate.open();
        let reply = replied.await.unwrap().unwrap();
        settle().await;
        assert!(!drained.is_finished(), "the reply is still there");
        drop(reply);
        drained.await.unwrap().expect("the task was done");
        assert_eq!(app.task_stats().succeeded, 1);
    }
}

/// What a stream uses must not be closed before it.
#[tokio::test]
async fn drain_waits_for_a_reply_that_is_a_stream() {
    #[get("/")]
    async fn endless() -> Body {
        Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>())
    }

    let app = App::new().routes(routes![endless]);
    let reply = app.clone().oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    let drained = tokio::spawn({
        let app = app.clone();
        async move { app.drain().await }
    });
    settle().await;
    assert!(!drained.is_finished());
    drop(reply);
    drained.await.unwrap().expect("everything was done");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_never_dropped_does_not_hold_up_a_drain_beyond_the_grace() {
    #[post("/")]
    async fn adds(tasks: &BackgroundTasks) {
        tasks.add_task(|| (), ());
    }

    let app = App::new().routes(routes![adds]);
    let reply = app.clone().oneshot(post("/")).await.unwrap();
    let Err(epilogue::Error::Unfinished(report)) = app.drain().await else { panic!("a reply is in flight") };
    assert_eq!(report.in_flight, 1);
    drop(reply);
    assert_eq!(app.task_stats().abandoned, 1);
    app.drain().await.expect_err("it names the task");
}

#[derive(Deserialize, Serialize)]
struct Item {
    id: u32,
}

#[post("/extract")]
async fn extracts(
    query: Extract<axum::extract::Query<Item>>,
    raw: Extract<RawQuery>,
    uri: Extract<OriginalUri>,
    item: Extract<axum::Json<Item>>,
) -> (StatusCode, axum::Json<Item>) {
    assert_eq!(raw.0.0.as_deref(), Some("id=1"));
    assert_eq!(uri.0.path(), "/api/extract");
    (StatusCode::CREATED, axum::Json(Item { id: query.id + item.id }))
}

/// An extractor as axum's documentation has them, whose rejection is a whole reply: one of the head, and one that takes the body.
struct Version(u8);

impl<S: Sync> axum::extract::FromRequestParts<S> for Version {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Response> {
        match parts.uri.path() {
            path if path.starts_with("/v1") => Ok(Self(1)),
            _ => Err((StatusCode::NOT_FOUND, "unknown version").into_response()),
        }
    }
}

struct Shouted(String);

impl<S: Send + Sync> axum::extract::FromRequest<S> for Shouted {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Response> {
        let text = <String as axum::extract::FromRequest<S>>::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        if text.is_empty() {
            Err(StatusCode::IM_A_TEAPOT.into_response())
        } else {
            Ok(Self(text.to_uppercase()))
        }
    }
}

#[dependency]
fn api(version: Extract<Version>) -> u8 {
    version.0.0
}

#[post("/{version}/shout")]
async fn shouts(
    version: Path<String>,
    api: Option<Depends<api>>,
    shouted: Extract<Shouted>,
    tasks: &BackgroundTasks,
) -> String {
    tasks.add_task(|| (), ());
    format!("{} {:?} {}", *version, api.map(|api| *api), shouted.0.0)
}

#[get("/{version}/needed")]
async fn needs_version(version: Path<String>, api: Depends<api>) -> String {
    format!("{} {}", *version, *api)
}

#[tokio::test]
async fn the_rejection_of_an_extractor_may_be_a_whole_reply() {
    let client = TestClient::new(App::new().routes(routes![shouts, needs_version]));
    let send = async |path: &str, body: &str| {
        let reply = client.post(path).body(body.to_owned()).send().await;
        (reply.status().as_u16(), reply.text(), reply.tasks().len())
    };
    assert_eq!(send("/v1/shout", "hello").await, (200, String::from("v1 Some(1) HELLO"), 1));
    assert_eq!(send("/v2/shout", "hello").await, (200, String::from("v2 None HELLO"), 1));
    assert_eq!(send("/v2/shout", "").await, (418, String::new(), 0));
    let reply = client.get("/v2/needed").send().await;
    assert_eq!((reply.status().as_u16(), reply.text()), (404, String::from("unknown version")));
}

/// As an axum handler takes `Option<User>` and `Result<Json<Item>, JsonRejection>`.
#[post("/lenient")]
async fn lenient(
    version: Extract<Result<Version, Response>>,
    item: Extract<Option<axum::Json<Item>>>,
) -> Result<String, HttpError> {
    let item = item.as_ref().map(|item| item.0.id);
    Ok(format!("{} {item:?}", version.is_ok()))
}

#[tokio::test]
async fn an_extractor_may_be_optional() {
    let first = Router::new("/v1").routes(routes![lenient]);
    let client = TestClient::new(App::new().routes(routes![lenient]).router(first));
    assert_eq!(client.post("/lenient").send().await.text(), "false None");
    let reply = client.post("/v1/lenient").json(&Item { id: 1 }).send().await;
    assert_eq!(reply.text(), "true Some(1)");
    let reply = client.post("/lenient").header("content-type", "application/json").body("{").send().await;
    assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
}

#[get("/page")]
async fn page() -> Result<Html<&'static str>, axum::response::Redirect> {
    Ok(Html("<p>hello</p>"))
}

#[get("/moved")]
async fn moved() -> Result<Html<&'static str>, axum::response::Redirect> {
    Err(axum::response::Redirect::permanent("/page"))
}

#[tokio::test]
async fn axum_extractors_and_replies_are_taken_as_they_are() {
    let router = axum::Router::new().nest_service("/api", App::new().routes(routes![extracts, page, moved]));
    let json = |body: &str| {
        let request = Request::post("/api/extract?id=1").header("content-type", "application/json");
        request.body(Body::from(body.to_owned())).unwrap()
    };

    let reply = router.clone().oneshot(json(r#"{"id":2}"#)).await.unwrap();
    assert_eq!(reply.status(), StatusCode::CREATED);
    assert_eq!(text(reply).await, r#"{"id":3}"#);
    let reply = router.clone().oneshot(json("{")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "the extractor's own rejection");

    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let reply = router.clone().oneshot(get("/api/page")).await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/html; charset=utf-8");
    let reply = router.oneshot(get("/api/moved")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::PERMANENT_REDIRECT);
}

#[tokio::test(start_paused = true)]
async fn layers_of_tower_http_wrap_an_app() {
    #[post("/slow")]
    async fn slow() {
        std::future::pending().await
    }
    #[post("/read")]
    async fn read(body: Bytes) -> String {
        body.len().to_string()
    }

    let (app, mut entries) = journalled();
    let app = app
        .routes(routes![greet, slow, read])
        .layer(RequestBodyLimitLayer::new(10))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(50)))
        .layer(SetResponseHeaderLayer::overriding(header::SERVER, HeaderValue::from_static("epilogue")))
        .layer(CorsLayer::permissive())
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http());

    let reply = app.clone().oneshot(post("/greet/hello")).await.unwrap();
    assert_eq!(reply.headers()["server"], "epilogue");
    assert_eq!(reply.headers()["access-control-allow-origin"], "*");
    settle().await;
    assert_eq!(entries.now(), [""; 0], "the layers have not passed the body on");
    drop(reply);
    assert_eq!(entries.take(2).await, ["known: ann", "greeted: ann"]);

    let reply = app.clone().oneshot(post("/slow")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::GATEWAY_TIMEOUT);
    let large =
        Request::post("/read").header("content-length", "11").body(Body::from("hello world")).unwrap();
    assert_eq!(app.oneshot(large).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}

async fn tells_the_user(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let mut reply = next.run(request).await;
    if let Some(user) = reply.extensions().get::<&str>().copied() {
        reply.headers_mut().insert("x-user", HeaderValue::from_static(user));
    }
    reply
}

#[tokio::test]
async fn what_a_reply_carries_reaches_the_layers_and_the_router_around_the_app() {
    #[get("/")]
    async fn named() -> (axum::Extension<&'static str>, axum::Extension<ReasonPhrase>, &'static str) {
        (axum::Extension("ann"), axum::Extension(ReasonPhrase::from_static(b"Fine")), "hello")
    }

    let app = App::new().routes(routes![named]);
    let names = axum::middleware::from_fn(tells_the_user);
    let served = Served::new(app.clone().layer(names.clone())).await;
    let reply = served.get("/").await;
    assert_eq!(reply.headers()["x-user"], "ann");
    assert_eq!(reply.extensions().get(), Some(&ReasonPhrase::from_static(b"Fine")));
    served.stop().await.unwrap();
    let router = axum::Router::new().fallback_service(app).layer(names);
    let request = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().headers()["x-user"], "ann");
}

/// What axum's users do with `ConnectInfo`: count by address, or believe a proxy.
async fn believe_the_proxy(mut request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let ClientAddr(socket) = *request.extensions().get().expect("a layer sees the client's address");
    if let Some(real) = request.headers().get("x-forwarded-for") {
        let real = real.to_str().ok().and_then(|real| real.parse().ok()).expect("an address");
        request.extensions_mut().insert(ClientAddr(std::net::SocketAddr::new(real, socket.port())));
    }
    let mut reply = next.run(request).await;
    reply.headers_mut().insert("x-socket", HeaderValue::try_from(socket.ip().to_string()).unwrap());
    reply
}

#[get("/from")]
async fn from(client: ClientAddr) -> String {
    client.ip().to_string()
}

#[tokio::test]
async fn a_layer_sees_the_clients_address_and_may_know_a_better_one() {
    let app = App::new().routes(routes![from]).layer(axum::middleware::from_fn(believe_the_proxy));
    let served = Served::new(app.clone()).await;
    let reply = served.get("/from").await;
    assert_eq!(
        (reply.body().as_str(), &reply.headers()["x-socket"]),
        ("127.0.0.1", &HeaderValue::from_static("127.0.0.1"))
    );

    let mut proxied = request("GET", "/from");
    proxied.headers_mut().insert("x-forwarded-for", HeaderValue::from_static("2001:db8::1"));
    assert_eq!(served.send(proxied).await.body(), "2001:db8::1");

    // As with the test client.
    let client = TestClient::new(app);
    assert_eq!(
        client.get("/from").header("x-forwarded-for", "2001:db8::1").send().await.text(),
        "2001:db8::1"
    );
}
