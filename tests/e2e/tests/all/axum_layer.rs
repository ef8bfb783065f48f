//! `Depends` and `BackgroundTasks` as extractors of axum's own handlers, under `EpilogueLayer`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::{Request, header};
use axum::middleware::{Next, from_fn};
use axum::routing::{get, post};
use axum_core::body::Body;
use axum_core::response::Response;
use epilogue::prelude::{
    App, Bytes, Depends, Extract, Fresh, Header, HeaderValue, HttpError, Json, Outcome, Query, Reply,
    RequestParts, Router, SecurityScopes, State, StatusCode, TaskLimits, dependency, routes,
};
use epilogue::testing::TestClient;
use epilogue::{BackgroundTasks, DependsRejection, EpilogueLayer, Panicked};
use epilogue_e2e::{Entries, Gate, Journal, settle};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower::layer::layer_fn;
use tower_http::set_header::SetResponseHeaderLayer;

fn journalled() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    (App::new().state(journal), entries)
}

async fn write(journal: impl Deref<Target = Journal>, line: String) {
    journal.write(line);
}

#[dependency]
fn journal(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

/// Records how often it has run, and adds a task.
#[dependency(exit = leave_request)]
async fn first(journal: Depends<journal>, tasks: &BackgroundTasks, reply: &Reply) -> Journal {
    journal.write("first");
    tasks.add_task(write, (journal.clone(), "task of first".into()));
    reply.append_header("x-first".try_into().unwrap(), HeaderValue::from_static("yes"));
    Journal::clone(&journal)
}

async fn leave_request(journal: &Journal, outcome: &Outcome) {
    journal.write(format!("request exit: {outcome:?}"));
}

#[dependency(scope = "function", exit = leave_function)]
async fn second(first: Depends<first>) -> Journal {
    first.write("second");
    Journal::clone(&first)
}

async fn leave_function(journal: &Journal, outcome: &Outcome) {
    journal.write(format!("function exit: {outcome:?}"));
}

#[derive(Debug, thiserror::Error)]
#[error("nobody")]
struct Nobody;

#[dependency]
fn user(x_user: Header<Option<String>>, _first: Depends<first>) -> Result<String, HttpError> {
    match x_user.into_inner() {
        Some(user) => Ok(user),
        None => Err(HttpError::new(StatusCode::UNAUTHORIZED, "who?")),
    }
}

async fn handler(
    second: Depends<second>,
    first: Depends<first>,
    tasks: BackgroundTasks,
    body: String,
) -> (StatusCode, String) {
    second.write("handler");
    tasks.add_task(write, (first.clone(), "task of handler".into()));
    (StatusCode::IM_A_TEAPOT, body)
}

async fn greets(tasks: BackgroundTasks, first: Depends<first>, user: Depends<user>) -> String {
    tasks.add_task(write, (first.clone(), "never".into()));
    user.to_string()
}

async fn optional(first: Depends<first>, user: Option<Depends<user>>) -> String {
    drop(first);
    user.map_or("nobody".into(), |user| user.to_string())
}

async fn caught(
    user: Result<Depends<user>, DependsRejection>,
    again: Result<Depends<user>, DependsRejection>,
) -> String {
    format!("{} {}", user.is_err(), again.is_err())
}

async fn panics(_second: Depends<second>) {
    panic!("on purpose")
}

fn router(layer: &EpilogueLayer) -> axum::Router {
    axum::Router::new()
        .route("/", post(handler))
        .route("/greets", post(greets))
        .route("/optional", post(optional))
        .route("/caught", post(caught))
        .route("/panics", post(panics))
        .layer(layer.clone())
}

fn request(path: &str) -> Request<Body> {
    Request::post(path).body(Body::from("a body")).expect("a request")
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("a whole body").to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn one_list_each_dependency_once_and_exits_in_their_places() {
    let (app, mut entries) = journalled();
    let reply = router(&EpilogueLayer::new(app)).oneshot(request("/")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(reply.headers()["x-first"], "yes");
    settle().await;
    let before = ["first", "second", "handler", "function exit: Replied(418 I'm a teapot)"];
    assert_eq!(entries.now(), before, "the body is still there");
    assert_eq!(text(reply).await, "a body");
    let after = ["task of first", "task of handler", "request exit: Replied(418 I'm a teapot)"];
    assert_eq!(entries.take(3).await, after);
}

#[tokio::test]
async fn a_failed_dependency_is_the_reply_and_drops_the_tasks() {
    let (app, mut entries) = journalled();
    let router = router(&EpilogueLayer::new(app));
    let reply = router.clone().oneshot(request("/greets")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(text(reply).await, r#"{"detail":"who?"}"#);
    assert_eq!(entries.take(2).await, ["first", "request exit: Failed(401 Unauthorized: who?)"]);

    let mut known = request("/greets");
    known.headers_mut().insert("x-user", HeaderValue::from_static("ann"));
    assert_eq!(text(router.oneshot(known).await.unwrap()).await, "ann");
    assert_eq!(entries.take(3).await, ["first", "task of first", "never"]);
}

/// Layers inside see a reply without the content of the real one, which the layer makes only then.
#[tokio::test]
async fn a_failed_dependencys_reply_has_what_layers_inside_add_except_what_they_say_of_its_content() {
    let (app, _) = journalled();
    let says = |name, value| SetResponseHeaderLayer::appending(name, HeaderValue::from_static(value));
    let router = axum::Router::new()
        .route("/", post(greets))
        .layer(says(header::VARY, "accept-encoding"))
        .layer(says(header::VARY, "origin"))
        .layer(says(header::CONTENT_ENCODING, "gzip")) // a layer that compresses whatever there is
        .layer(says(header::ETAG, "\"of nothing\""))
        .layer(says(header::CONTENT_TYPE, "text/plain"))
        .layer(EpilogueLayer::new(app));
    let reply = router.oneshot(request("/")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(reply.headers().get(header::CONTENT_ENCODING), None);
    assert_eq!(reply.headers().get(header::ETAG), None);
    assert_eq!(reply.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(reply.headers().get_all(header::CONTENT_TYPE).iter().count(), 1);
    let vary: Vec<_> = reply.headers().get_all(header::VARY).iter().collect();
    assert_eq!(vary, ["accept-encoding", "origin"]);
    assert_eq!(text(reply).await, r#"{"detail":"who?"}"#);
}

#[dependency]
fn expired() -> Result<(), HttpError> {
    let forget = HeaderValue::from_static("session=; Max-Age=0");
    Err(HttpError::new(StatusCode::UNAUTHORIZED, "too late").header(header::SET_COOKIE, forget))
}

#[tokio::test]
async fn cookies_of_layers_inside_stand_beside_those_of_a_failed_dependency() {
    async fn handler(_expired: Depends<expired>) {}
    let cookie = HeaderValue::from_static("visitor=1");
    let router = axum::Router::new()
        .route("/", post(handler))
        .layer(SetResponseHeaderLayer::appending(header::SET_COOKIE, cookie))
        .layer(EpilogueLayer::new(App::new()));
    let reply = router.oneshot(request("/")).await.unwrap();
    let cookies: Vec<_> = reply.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies, ["session=; Max-Age=0", "visitor=1"]);
}

#[tokio::test]
async fn a_handler_may_do_without_a_dependency() {
    let (app, mut entries) = journalled();
    let router = router(&EpilogueLayer::new(app));
    assert_eq!(text(router.clone().oneshot(request("/optional")).await.unwrap()).await, "nobody");
    assert_eq!(entries.take(3).await, ["first", "task of first", "request exit: Replied(200 OK)"]);
    assert_eq!(text(router.oneshot(request("/caught")).await.unwrap()).await, "true true");
    assert_eq!(entries.take(3).await, ["first", "task of first", "request exit: Replied(200 OK)"]);
}

#[tokio::test]
async fn a_panic_is_answered_and_exits_are_told() {
    let (app, mut entries) = journalled();
    let reply = router(&EpilogueLayer::new(app)).oneshot(request("/panics")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    drop(reply);
    let lines = entries.take(4).await;
    assert_eq!(lines[2..], ["function exit: Panicked(on purpose)", "request exit: Panicked(on purpose)"]);
}

async fn unwritable(
    _second: Depends<second>,
    tasks: BackgroundTasks,
    first: Depends<first>,
) -> (StatusCode, Json<HashMap<(u8, u8), u8>>) {
    tasks.add_task(write, (first, "never".into()));
    // The keys of JSON are texts.
    (StatusCode::CREATED, Json(HashMap::from([((1, 2), 3)])))
}

#[tokio::test]
async fn a_request_whose_reply_cannot_be_written_has_failed() {
    let (app, mut entries) = journalled();
    let router = axum::Router::new().route("/", post(unwritable)).layer(EpilogueLayer::new(app));
    let reply = router.oneshot(request("/")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(reply).await, "Internal Server Error");
    let lines = entries.take(4).await;
    let failed =
        ["function", "request"].map(|scope| format!("{scope} exit: Failed(500 Internal Server Error)"));
    assert_eq!(lines[2..], failed);
}

#[tokio::test]
async fn a_service_that_panics_when_it_is_called_is_answered_too() {
    let service = tower::service_fn(|_: Request<Body>| -> std::future::Ready<Result<Response, Infallible>> {
        panic!("on purpose")
    });
    let service = tower::Layer::layer(&EpilogueLayer::new(App::new()), service);
    let reply = service.oneshot(request("/")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[dependency]
fn page(limit: Query<u32>, offset: Query<u32>) -> (u32, u32) {
    (*limit, *offset)
}

#[dependency]
fn id(id: Extract<axum::extract::Path<u32>>) -> u32 {
    id.0.0
}

#[dependency]
fn fails() -> Result<u32, HttpError> {
    Err(Nobody)?
}

#[tokio::test]
async fn values_extractors_overrides_and_error_handlers() {
    let app = App::new().on_error(|_: &Nobody, _parts| (StatusCode::CONFLICT, "nobody, says the app"));
    let router = |app: App| {
        axum::Router::new()
            .route("/page", get(async |page: Depends<page>| format!("{page:?}")))
            .route("/id/{id}", get(async |id: Depends<id>| id.to_string()))
            .route("/fails", get(async |_x: Depends<fails>| "not reached"))
            .layer(EpilogueLayer::new(app))
    };
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();

    let reply = router(app.clone()).oneshot(get("/page?limit=x")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let errors: serde_json::Value = serde_json::from_str(&text(reply).await).unwrap();
    assert_eq!(errors["detail"].as_array().map(Vec::len), Some(2), "all that is wrong: {errors}");
    assert_eq!(text(router(app.clone()).oneshot(get("/id/7")).await.unwrap()).await, "7");
    let reply = router(app.clone()).oneshot(get("/fails")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::CONFLICT);
    assert_eq!(text(reply).await, "nobody, says the app");

    let other = app.override_dependency::<fails>(|| 3);
    assert_eq!(text(router(other).oneshot(get("/fails")).await.unwrap()).await, "not reached");
}

static POOLS: AtomicU32 = AtomicU32::new(0);

#[dependency(scope = "app", exit = close_pool)]
async fn pool() -> u32 {
    POOLS.fetch_add(1, Ordering::SeqCst)
}

async fn close_pool(_pool: &u32, _outcome: &Outcome) {
    POOLS.fetch_add(10, Ordering::SeqCst);
}

#[dependency]
fn row(pool: Depends<pool>) -> String {
    format!("row of {}", *pool)
}

#[tokio::test]
async fn app_scope_is_shared_and_drained_after_the_tasks() {
    let gate = Gate::default();
    let layer = EpilogueLayer::new(App::new().build_at_start::<pool>());
    layer.start().await.unwrap();
    let handler = {
        let gate = gate.clone();
        async move |row: Depends<row>, tasks: BackgroundTasks| {
            tasks.add_task(async move || gate.pass().await, ());
            row.to_string()
        }
    };
    let router = axum::Router::new().route("/", post(handler)).layer(layer.clone());
    assert_eq!(text(router.clone().oneshot(request("/")).await.unwrap()).await, "row of 0");
    assert_eq!(text(router.oneshot(request("/")).await.unwrap()).await, "row of 0");

    let draining = tokio::spawn({
        let layer = layer.clone();
        async move { layer.drain().await }
    });
    settle().await;
    assert_eq!(POOLS.load(Ordering::SeqCst), 1);
    gate.open();
    draining.await.unwrap().expect("everything was done");
    assert_eq!(POOLS.load(Ordering::SeqCst), 11);
    assert_eq!(layer.app().task_stats().succeeded, 2);
}

/// A server may end before it has dropped its last requests: axum's does.
#[tokio::test]
async fn drain_waits_for_requests_that_a_server_still_has() {
    let gate = Gate::default();
    let layer = EpilogueLayer::new(App::new());
    let handler = {
        let gate = gate.clone();
        async move |tasks: BackgroundTasks| {
            gate.pass().await;
            tasks.add_task(|| (), ());
        }
    };
    let router = axum::Router::new().route("/", post(handler)).layer(layer.clone());
    let replied = tokio::spawn(router.oneshot(request("/")));
    settle().await;
    let drained = tokio::spawn({
        let layer = layer.clone();
        async move { layer.drain().await }
    });
    settle().await;
    assert!(!drained.is_finished(), "the handler runs");
    gate.open();
    let reply = replied.await.unwrap().unwrap();
    settle().await;
    assert!(!drained.is_finished(), "the reply is still there");
    drop(reply);
    drained.await.unwrap().expect("the task was done");
    assert_eq!(layer.app().task_stats().succeeded, 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_never_dropped_does_not_hold_up_a_drain_beyond_the_grace() {
    let layer = EpilogueLayer::new(App::new());
    let handler = async |tasks: BackgroundTasks| drop(tasks.add_task(|| (), ()));
    let router = axum::Router::new().route("/", post(handler)).layer(layer.clone());
    let reply = router.oneshot(request("/")).await.unwrap();
    let Err(epilogue::Error::Unfinished(report)) = layer.drain().await else {
        panic!("a reply is in flight")
    };
    assert_eq!(report.in_flight, 1);
    drop(reply);
    assert_eq!(layer.app().task_stats().abandoned, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_loses_nothing() {
    let (app, mut entries) = journalled();
    let gate = Gate::default();
    let handler = {
        let gate = gate.clone();
        async move |first: Depends<first>, tasks: BackgroundTasks| {
            gate.pass().await;
            tasks.add_task(write, (first.clone(), "task of handler".into()));
        }
    };
    let router = axum::Router::new().route("/", post(handler)).layer(EpilogueLayer::new(app));
    let left = tokio::time::timeout(Duration::from_millis(50), router.oneshot(request("/"))).await;
    assert!(left.is_err());
    assert_eq!(entries.next().await, "first");
    gate.open();
    let lines = entries.take(3).await;
    assert_eq!(lines, ["task of first", "task of handler", "request exit: Replied(200 OK)"]);
}

#[tokio::test]
async fn a_client_that_leaves_loses_no_task_where_no_dependency_has_an_exit() {
    let (app, mut entries) = journalled();
    let gate = Gate::default();
    let handler = {
        let gate = gate.clone();
        async move |journal: Depends<journal>, tasks: BackgroundTasks| {
            tasks.add_task(write, (journal.clone(), "task".into()));
            journal.write("added");
            gate.pass().await;
        }
    };
    let router = axum::Router::new().route("/", post(handler)).layer(EpilogueLayer::new(app));
    tokio::select! {
        _ = router.oneshot(request("/")) => panic!("the gate is closed"),
        line = entries.next() => assert_eq!(line, "added"),
    }
    gate.open();
    assert_eq!(entries.next().await, "task");
}

#[dependency]
async fn hangs(_first: Depends<first>) {
    std::future::pending().await
}

/// Its values are not valid, but it fails only once the other one has ended.
#[dependency]
fn incomplete(_page: Depends<page>, _hangs: Depends<hangs>) {}

/// What has run by then does not run again, and values that were not valid do not affect the next dependency.
#[tokio::test]
async fn an_extraction_that_is_given_up_leaves_what_it_has_resolved() {
    async fn gives_up(request: Request<Body>, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let asked = <Depends<incomplete> as FromRequestParts<()>>::from_request_parts(&mut parts, &());
        assert!(asked.now_or_never().is_none(), "it hangs");
        next.run(Request::from_parts(parts, body)).await
    }

    let (app, mut entries) = journalled();
    let router = axum::Router::new()
        .route("/", post(async |_first: Depends<first>| {}))
        .layer(from_fn(gives_up))
        .layer(EpilogueLayer::new(app));
    let reply = router.oneshot(request("/")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    drop(reply);
    assert_eq!(entries.take(3).await, ["first", "task of first", "request exit: Replied(200 OK)"]);
    assert!(entries.is_over().await);
}

/// What stands in the request, and that itself.
#[dependency]
fn tags(tag: Extract<Option<axum::Extension<&'static str>>>, parts: &RequestParts) -> (String, RequestParts) {
    (format!("{} {:?}", parts.uri, tag.0.map(|tag| tag.0)), parts.clone())
}

#[tokio::test]
async fn a_dependency_sees_the_request_as_it_is_when_it_is_asked_for() {
    async fn asks(_page: Depends<page>, mut request: Request<Body>, next: Next) -> Response {
        request.extensions_mut().insert("tagged");
        next.run(request).await
    }

    async fn handler(tags: Depends<tags>, request: Request<Body>) -> String {
        let (seen, kept) = &*tags;
        format!("{seen}, {} {}, {:?}", kept.uri, request.uri(), request.extensions().get::<&str>())
    }

    let router = axum::Router::new()
        .route("/", get(handler))
        .layer(from_fn(asks))
        .layer(EpilogueLayer::new(App::new()));
    let request = Request::get("/?limit=1&offset=2").body(Body::empty()).unwrap();
    let uri = "/?limit=1&offset=2";
    let expected = format!("{uri} Some(\"tagged\"), {uri} {uri}, Some(\"tagged\")");
    assert_eq!(text(router.oneshot(request).await.unwrap()).await, expected);
}

#[tokio::test]
async fn an_error_handler_sees_what_middleware_has_put_there_before_the_dependency_failed() {
    async fn tags(mut request: Request<Body>, next: Next) -> Response {
        request.extensions_mut().insert("tagged");
        next.run(request).await
    }

    let app = App::new().on_error(|_: &Nobody, parts| format!("{:?}", parts.extensions.get::<&str>()));
    let router = axum::Router::new()
        .route("/", post(async |_page: Option<Depends<page>>, _x: Depends<fails>| "not reached"))
        .layer(from_fn(tags))
        .layer(EpilogueLayer::new(app));
    assert_eq!(text(router.oneshot(request("/")).await.unwrap()).await, "Some(\"tagged\")");
}

/// A middleware that does not wait for a dependency goes on with the head that it has lent to it.
#[tokio::test]
async fn an_extraction_that_is_given_up_leaves_the_head_as_it_was() {
    async fn gives_up(request: Request<Body>, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let asked = <Depends<hangs> as FromRequestParts<()>>::from_request_parts(&mut parts, &());
        assert!(asked.now_or_never().is_none(), "it hangs");
        next.run(Request::from_parts(parts, body)).await
    }

    let (app, _entries) = journalled();
    let router = axum::Router::new()
        .route("/", post(async |page: Depends<page>, user: Depends<user>| format!("{page:?} of {}", *user)))
        .layer(from_fn(gives_up))
        .layer(EpilogueLayer::new(app));
    let request = Request::post("/?limit=1&offset=2").header("x-user", "ferris").body(Body::empty()).unwrap();
    assert_eq!(text(router.oneshot(request).await.unwrap()).await, "Depends((1, 2)) of ferris");
}

#[tokio::test]
async fn two_layers_of_one_app_are_one() {
    async fn before(first: Depends<first>, request: Request<Body>, next: Next) -> Response {
        first.write("before");
        next.run(request).await
    }

    let (app, mut entries) = journalled();
    let inner = router(&EpilogueLayer::new(app.clone()));
    let router = axum::Router::new().nest("/in", inner).layer(from_fn(before)).layer(EpilogueLayer::new(app));
    let reply = router.clone().oneshot(request("/in/panics")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    drop(reply);
    let panicked = ["function exit: Panicked(on purpose)", "request exit: Panicked(on purpose)"];
    assert_eq!(entries.take(5).await, [&["first", "before", "second"][..], &panicked].concat());

    let reply = router.oneshot(request("/in/greets")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    drop(reply);
    assert_eq!(entries.take(3).await[..2], ["first", "before"]);
    settle().await;
    assert!(entries.now().is_empty(), "each once");
}

#[dependency]
fn adds(tasks: &BackgroundTasks) {
    tasks.add_task(|| (), ());
}

#[dependency]
fn adds_more(tasks: &BackgroundTasks) {
    tasks.add_task(|| (), ());
}

#[dependency]
fn nothing() {}

/// Even if the handler could do without it.
#[tokio::test]
async fn at_the_limit_the_list_is_refused() {
    let gate = Gate::default();
    let layer = EpilogueLayer::new(App::new().tasks(TaskLimits::default().pending(1)));
    let handler = {
        let gate = gate.clone();
        async move |tasks: BackgroundTasks| {
            tasks.add_task(async move || gate.pass().await, ());
        }
    };
    let router = axum::Router::new()
        .route("/", post(handler))
        .route("/optional", post(async |adds: Option<Depends<adds>>| adds.is_some().to_string()))
        .route("/free", post(async |body: Bytes| body))
        .route("/dependency", post(async |_nothing: Depends<nothing>| "no tasks"))
        .route("/full-by-itself", post(async |_adds: Depends<adds>, _tasks: BackgroundTasks| "let in"))
        .route("/fuller", post(async |_adds: Depends<adds>, _more: Depends<adds_more>| "let in"))
        .layer(layer.clone());
    for (path, reply) in [("/optional", "true"), ("/full-by-itself", "let in"), ("/fuller", "let in")] {
        assert_eq!(text(router.clone().oneshot(request(path)).await.unwrap()).await, reply);
        layer.drain().await.expect("everything was done");
    }
    assert_eq!(router.clone().oneshot(request("/")).await.unwrap().status(), StatusCode::OK);
    for path in ["/", "/optional"] {
        let refused = router.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(refused.headers().contains_key("retry-after"), "{path}");
    }
    assert_eq!(text(router.clone().oneshot(request("/free")).await.unwrap()).await, "a body");
    assert_eq!(text(router.oneshot(request("/dependency")).await.unwrap()).await, "no tasks");
    gate.open();
    layer.drain().await.expect("everything was done");
}

/// Both those that wait after the reply, and those of requests that go on without their client.
#[tokio::test]
async fn exits_are_bounded_too() {
    #[dependency(exit = leave)]
    fn session(gate: State<Gate>) -> Gate {
        (*gate).clone()
    }

    #[dependency(exit = leave)]
    fn within(session: Depends<session>) -> Gate {
        (*session).clone()
    }

    async fn leave(gate: &Gate, _outcome: &Outcome) {
        gate.pass().await;
    }

    #[dependency(scope = "function", exit = commit)]
    fn transaction(gate: State<Gate>) -> Gate {
        (*gate).clone()
    }

    async fn commit(_gate: &Gate, _outcome: &Outcome) {}

    let gate = Gate::default();
    let app = App::new().state(gate.clone()).tasks(TaskLimits::default().pending(2));
    let layer = EpilogueLayer::new(app);
    let router = axum::Router::new()
        .route("/session", post(async |_session: Depends<session>, _within: Depends<within>| {}))
        .route("/transaction", post(async |transaction: Depends<transaction>| transaction.pass().await))
        .route("/dependency", post(async |_nothing: Depends<nothing>| {}))
        .layer(layer.clone());
    let status = async |path| router.clone().oneshot(request(path)).await.unwrap().status();

    for expected in [200, 200, 503] {
        assert_eq!(status("/session").await, expected);
    }
    for _ in 0..2 {
        let left = tokio::spawn(router.clone().oneshot(request("/transaction")));
        settle().await;
        left.abort();
        assert!(left.await.is_err());
    }
    assert_eq!(layer.app().task_stats().kept, 2);
    assert_eq!(status("/transaction").await, 503);
    assert_eq!(status("/dependency").await, 200);
    gate.open();
    layer.drain().await.expect("everything was done");
    assert_eq!(status("/session").await, 200);
    assert_eq!(status("/transaction").await, 200);
}

/// Whatever the order: each of the two lets the request in.
#[tokio::test]
async fn a_request_that_was_let_in_is_refused_neither_the_list_nor_a_session() {
    #[dependency(exit = leave)]
    async fn session(journal: State<Journal>, gate: State<Gate>) -> Journal {
        journal.write("enter");
        gate.pass().await;
        (*journal).clone()
    }

    async fn leave(journal: &Journal, outcome: &Outcome) {
        journal.write(format!("leave: {}", outcome.is_success()));
    }

    async fn add(tasks: BackgroundTasks, journal: Journal) {
        tasks.add_task(async move || journal.write("task"), ());
    }

    for path in ["/session-first", "/list-first"] {
        let (app, mut entries) = journalled();
        let (gate, other_ends) = (Gate::default(), Gate::default());
        let layer = EpilogueLayer::new(app.state(gate.clone()).tasks(TaskLimits::default().pending(1)));
        let fills = {
            let other_ends = other_ends.clone();
            async move |tasks: BackgroundTasks| {
                tasks.add_task(async move || other_ends.pass().await, ());
            }
        };
        let router = axum::Router::new()
            .route("/fills", post(fills))
            .route(
                "/session-first",
                post(async |session: Depends<session>, tasks: BackgroundTasks| {
                    add(tasks, (*session).clone()).await;
                }),
            )
            .route(
                "/list-first",
                post(async |tasks: BackgroundTasks, session: Depends<session>| {
                    add(tasks, (*session).clone()).await;
                }),
            )
            .layer(layer.clone());
        let let_in = tokio::spawn(router.clone().oneshot(request(path)));
        assert_eq!(entries.next().await, "enter");
        assert_eq!(router.clone().oneshot(request("/fills")).await.unwrap().status(), 200);
        assert_eq!(router.oneshot(request("/fills")).await.unwrap().status(), 503, "it is full");
        gate.open();
        assert_eq!(let_in.await.unwrap().unwrap().status(), 200, "{path}");
        other_ends.open();
        layer.drain().await.expect("everything was done");
        assert_eq!(entries.now(), ["task", "leave: true"], "{path}");
    }
}

#[tokio::test]
async fn at_the_limit_handlers_of_errors_reply_whoever_takes_the_list() {
    let app = App::new()
        .tasks(TaskLimits::default().pending(0))
        .on_error(|error: &HttpError, _parts| (error.status(), "come back later"));
    let router = axum::Router::new()
        .route("/list", post(async |_tasks: BackgroundTasks| {}))
        .route("/depends", post(async |_adds: Depends<adds>| {}))
        .layer(EpilogueLayer::new(app));
    for path in ["/list", "/depends"] {
        let refused = router.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!refused.headers().contains_key("retry-after"), "{path}: the handler's reply has none");
        assert_eq!(text(refused).await, "come back later", "{path}");
    }
}

#[tokio::test]
async fn without_the_layer_the_request_fails() {
    let router = axum::Router::new()
        .route("/depends", post(async |_page: Depends<page>| {}))
        .route("/tasks", post(async |_tasks: BackgroundTasks| {}));
    for path in ["/depends", "/tasks"] {
        let reply = router.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn a_guard_that_would_not_run_for_the_handlers_is_refused() {
    #[dependency]
    fn guard() -> Result<(), HttpError> {
        Err(HttpError::new(StatusCode::FORBIDDEN, ()))
    }

    let layer = EpilogueLayer::new(App::new().depends::<guard>());
    let error = layer.start().await.unwrap_err().to_string();
    assert!(
        error.contains("`App::depends::<guard>()`") && error.contains("take `Depends<guard>`"),
        "{error}"
    );
    let router = axum::Router::new().route("/", post(async || "unguarded")).layer(layer);
    assert_eq!(router.oneshot(request("/")).await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);

    // A router may have such a guard: it runs where the app is nested as well.
    let routes = Router::new("").depends::<guard>().routes(routes![guarded]);
    EpilogueLayer::new(App::new().router(routes)).start().await.unwrap();
}

#[epilogue::get("/guarded")]
async fn guarded() {}

#[dependency]
fn profile(user: Depends<user>) -> String {
    user.to_string()
}

#[tokio::test]
async fn a_failure_that_two_parameters_have_found_can_be_the_reply() {
    type Asked<D> = Result<Depends<D>, DependsRejection>;

    async fn before(
        user: Asked<user>,
        _profile: Option<Depends<profile>>,
    ) -> Result<String, DependsRejection> {
        Ok(user?.to_string())
    }
    async fn after(
        _profile: Option<Depends<profile>>,
        user: Asked<user>,
    ) -> Result<String, DependsRejection> {
        Ok(user?.to_string())
    }
    async fn both(profile: Asked<profile>, user: Asked<user>) -> Result<String, DependsRejection> {
        let known = profile.is_ok();
        Ok(format!("{known} {}", *user?))
    }

    let (app, _entries) = journalled();
    let router = axum::Router::new()
        .route("/before", post(before))
        .route("/after", post(after))
        .route("/both", post(both))
        .layer(EpilogueLayer::new(app));
    for path in ["/before", "/after", "/both"] {
        let reply = router.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(text(reply).await, r#"{"detail":"who?"}"#, "{path}");
    }
}

#[dependency]
fn explodes(_first: Depends<first>) -> u8 {
    panic!("on purpose")
}

/// As in a route: an optional dependency may fail, but must not panic.
#[tokio::test]
async fn a_panic_is_none_of_the_failures_that_a_handler_may_do_without() {
    let (app, mut entries) = journalled();
    let router = axum::Router::new()
        .route("/option", post(async |number: Option<Depends<explodes>>| format!("{number:?}")))
        .route(
            "/result",
            post(async |number: Result<Depends<explodes>, DependsRejection>| number.is_ok().to_string()),
        )
        .layer(EpilogueLayer::new(app));
    for path in ["/option", "/result"] {
        let reply = router.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(text(reply).await, "Internal Server Error", "{path}");
        assert_eq!(entries.take(2).await, ["first", "request exit: Panicked(on purpose)"], "{path}");
    }
    drop(router);
    assert!(entries.is_over().await, "the tasks of `first` were dropped");
}

#[dependency]
async fn never(_journal: Depends<journal>) {
    std::future::pending().await
}

/// Records when it is dropped.
struct Guard(Journal);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.write("dropped");
    }
}

async fn waits_with<T>(_taken: T, journal: Journal) {
    let _guard = Guard(journal.clone());
    journal.write("in");
    std::future::pending().await
}

#[dependency]
fn held(journal: Depends<journal>) -> Guard {
    Guard(Journal::clone(&journal))
}

/// Like a layer that keeps something of a request to report it later.
async fn keeps_extensions(request: Request<Body>, next: Next) -> Response {
    let _kept = request.extensions().clone();
    next.run(request).await
}

#[tokio::test]
async fn a_request_that_leaves_nothing_behind_is_dropped_with_its_client() {
    let (journal, mut entries) = Journal::new();
    let layer = EpilogueLayer::new(App::new().state(journal.clone()));
    let handler = |path: &str| {
        let journal = journal.clone();
        match path {
            "/request" => post(async move |request: Request<Body>| waits_with(request, journal).await),
            "/dependency" => {
                post(async move |depends: Depends<self::journal>| waits_with(depends, journal).await)
            }
            "/output" => post(async |held: Depends<held>| {
                held.0.write("in");
                std::future::pending::<()>().await;
            }),
            "/within" => post(async move |request: Request<Body>| {
                let (mut parts, _) = request.into_parts();
                let _guard = Guard(journal.clone());
                journal.write("in");
                drop(<Depends<never> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await);
            }),
            _ => post(async move |body: Bytes| waits_with(body, journal).await),
        }
    };
    let paths = ["/body", "/request", "/dependency", "/output", "/within"];
    let router = paths.iter().fold(axum::Router::new(), |router, path| router.route(path, handler(path)));
    let layered = router.clone().layer(from_fn(keeps_extensions)).layer(layer.clone());
    // A handler of errors gets the head, so the head is kept.
    let handles = App::new().state(journal.clone()).on_error(|error: &HttpError, _parts| error.status());
    let handled = router.clone().layer(EpilogueLayer::new(handles));
    for router in [router.layer(layer.clone()), layered, handled] {
        for path in paths {
            let running = tokio::spawn(router.clone().oneshot(request(path)));
            assert_eq!(entries.next().await, "in");
            running.abort();
            assert!(running.await.is_err());
            assert_eq!(entries.now(), ["dropped"], "{path}");
        }
    }
    assert_eq!(layer.app().task_stats().kept, 0);
}

#[tokio::test]
async fn a_request_that_has_taken_its_list_is_run_to_its_end() {
    let (journal, mut entries) = Journal::new();
    let (layer, gate) = (EpilogueLayer::new(App::new()), Gate::default());
    let handler = {
        let gate = gate.clone();
        async move |tasks: BackgroundTasks| {
            journal.write("in");
            gate.pass().await;
            tasks.add_task(write, (Box::new(journal), "task".into()));
        }
    };
    let router = axum::Router::new().route("/", post(handler)).layer(layer.clone());
    let running = tokio::spawn(router.oneshot(request("/")));
    assert_eq!(entries.next().await, "in");
    running.abort();
    assert!(running.await.is_err());
    gate.open();
    assert_eq!(entries.next().await, "task");
}

#[tokio::test]
async fn a_request_whose_dependency_has_taken_the_list_or_has_an_exit_is_run_to_its_end() {
    async fn waits<T>(_taken: T, gate: Gate, journal: Journal) {
        journal.write("in");
        gate.pass().await;
        journal.write("on");
    }

    for (path, end) in [("/task", "task of a dependency"), ("/exit", "exit of a dependency")] {
        let (journal, mut entries) = Journal::new();
        let gate = Gate::default();
        let (own, of_test) = ((gate.clone(), journal.clone()), (gate.clone(), journal.clone()));
        let router = axum::Router::new()
            .route("/task", post(async move |adds: Depends<adds_to_journal>| waits(adds, own.0, own.1).await))
            .route("/exit", post(async move |ends: Depends<ends>| waits(ends, of_test.0, of_test.1).await))
            .layer(EpilogueLayer::new(App::new().state(journal)));
        let running = tokio::spawn(router.oneshot(request(path)));
        assert_eq!(entries.next().await, "in");
        running.abort();
        assert!(running.await.is_err());
        gate.open();
        assert_eq!(entries.take(2).await, ["on", end]);
    }
}

#[dependency(exit = end)]
fn ends(journal: Depends<journal>) -> Journal {
    Journal::clone(&journal)
}

async fn end(journal: &Journal, _outcome: &Outcome) {
    journal.write("exit of a dependency");
}

#[dependency]
fn adds_to_journal(journal: Depends<journal>, tasks: &BackgroundTasks) {
    tasks.add_task(write, (journal, "task of a dependency".into()));
}

#[dependency]
fn refuses(journal: Depends<journal>) -> Result<(), HttpError> {
    journal.write("refused");
    Err(HttpError::new(StatusCode::FORBIDDEN, "no"))
}

#[dependency]
fn needs(_refuses: Depends<refuses>) {}

#[dependency]
fn does_without(refuses: Option<Depends<refuses>>) -> bool {
    refuses.is_some()
}

#[tokio::test]
async fn a_dependency_that_has_failed_is_not_run_again() {
    async fn handler(
        first: Option<Depends<refuses>>,
        second: Option<Depends<refuses>>,
        needs: Option<Depends<needs>>,
        does_without: Depends<does_without>,
    ) -> String {
        format!("{first:?} {second:?} {needs:?} {does_without:?}")
    }

    async fn turned(does_without: Depends<does_without>, refuses: Option<Depends<refuses>>) -> String {
        format!("{does_without:?} {refuses:?}")
    }

    let (app, mut entries) = journalled();
    let router = axum::Router::new()
        .route("/", post(handler))
        .route("/turned", post(turned))
        .layer(EpilogueLayer::new(app));
    for (path, reply) in [("/", "None None None Depends(false)"), ("/turned", "Depends(false) None")] {
        assert_eq!(text(router.clone().oneshot(request(path)).await.unwrap()).await, reply);
        assert_eq!(entries.now(), ["refused"], "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_values_is_told_to_each_that_asks() {
    type Asked = Result<Depends<page>, DependsRejection>;

    async fn handler(first: Asked, second: Asked) -> String {
        let count = |asked: Asked| asked.map_or_else(|rejection| rejection.errors().len(), |_| 0);
        format!("{} {}", count(first), count(second))
    }

    let router = axum::Router::new().route("/", post(handler)).layer(EpilogueLayer::new(App::new()));
    assert_eq!(text(router.oneshot(request("/?limit=x")).await.unwrap()).await, "2 2");
}

#[dependency]
fn counted(journal: Depends<journal>) {
    journal.write("counted");
}

#[dependency]
fn counts(_fresh: Depends<Fresh<counted>>) {}

#[dependency]
fn counts_too(_counts: Depends<counts>) {}

#[tokio::test]
async fn what_is_below_a_dependency_that_has_run_is_not_run_again() {
    async fn handler(_counts: Depends<counts>, _again: Depends<counts>, _too: Depends<counts_too>) {}

    let (app, mut entries) = journalled();
    let router = axum::Router::new().route("/", post(handler)).layer(EpilogueLayer::new(app));
    assert_eq!(router.oneshot(request("/")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(entries.now(), ["counted"]);
}

#[tokio::test]
async fn a_dependency_knows_the_scopes_that_are_required_of_it() {
    #[dependency]
    fn scoped(scopes: SecurityScopes) -> Vec<&'static str> {
        scopes.to_vec()
    }
    #[dependency]
    fn editor(#[param(scopes("read", "write"))] scoped: Depends<scoped>) -> String {
        scoped.join(" ")
    }

    let handler = async |editor: Depends<editor>| editor.to_string();
    let router = axum::Router::new().route("/", post(handler)).layer(EpilogueLayer::new(App::new()));
    assert_eq!(text(router.oneshot(request("/")).await.unwrap()).await, "read write");
}

#[tokio::test]
async fn layers_of_two_apps_are_two() {
    #[dependency]
    fn number(number: State<u32>) -> u32 {
        *number
    }

    let handler = async |number: Depends<number>| number.to_string();
    let router = axum::Router::new()
        .route("/", post(handler))
        .layer(EpilogueLayer::new(App::new().state(1_u32)))
        .layer(EpilogueLayer::new(App::new().state(2_u32)));
    assert_eq!(text(router.oneshot(request("/")).await.unwrap()).await, "1");
}

/// Unlike a handler of axum's, a service may fail. Its error is for the layers around.
#[tokio::test]
async fn a_request_whose_service_fails_has_failed() {
    let (app, mut entries) = journalled();
    let service = tower::service_fn(async |request: Request<Body>| -> Result<Response, Nobody> {
        let (mut parts, _) = request.into_parts();
        let tasks = BackgroundTasks::from_request_parts(&mut parts, &()).await.unwrap();
        let second = <Depends<second> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        tasks.add_task(write, (second.unwrap(), "never".into()));
        Err(Nobody)
    });
    let service = tower::Layer::layer(&EpilogueLayer::new(app), service);
    let failed = service.oneshot(request("/")).await.map(|reply| reply.status());
    assert!(matches!(failed, Err(Nobody)), "{failed:?}");
    let ends = "Failed(500 Internal Server Error: a service under the layer failed)";
    let wanted = ["first", "second", &format!("function exit: {ends}"), &format!("request exit: {ends}")];
    assert_eq!(entries.take(4).await, wanted);
}

async fn panics_alone(tasks: BackgroundTasks) {
    tasks.add_task(|| (), ());
    panic!("on purpose")
}

#[tokio::test]
async fn an_error_handler_gets_the_head_even_if_no_dependency_was_asked_for() {
    let app = App::new().on_error(|_: &Panicked, parts| {
        let user = parts.headers.get("x-user").and_then(|user| user.to_str().ok()).unwrap_or_default();
        format!("{} {} by {user}", parts.method, parts.uri)
    });
    let router = axum::Router::new().route("/panics", post(panics_alone)).layer(EpilogueLayer::new(app));
    let request = Request::post("/panics?hard").header("x-user", "ann").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(text(response).await, "POST /panics?hard by ann");
}

async fn adds_alone(tasks: BackgroundTasks) {
    tasks.add_task(async || Err("on purpose"), ()).name("alone");
}

#[tokio::test]
async fn a_test_client_around_the_router_waits_for_the_tasks_of_its_handlers() {
    let router = axum::Router::new().route("/", get(adds_alone)).layer(EpilogueLayer::new(App::new()));
    let app = App::new().layer(layer_fn(move |_app| router.clone()));
    let reply = TestClient::new(app).get("/").send().await;
    assert_eq!(reply.tasks()[0].name, "alone");
    assert_eq!(reply.failed_tasks()[0].message, "on purpose");
}

async fn passes_on(
    tasks: BackgroundTasks,
    journal: Depends<journal>,
    user: Result<Depends<user>, DependsRejection>,
) -> Result<String, HttpError> {
    tasks.add_task(write, (journal, "never".into()));
    Ok(user?.to_string())
}

/// Also in an `HttpError`, which a `?` has made of it.
#[tokio::test]
async fn a_rejection_that_a_handler_passes_on_is_its_failure() {
    let (app, mut entries) = journalled();
    let router = axum::Router::new().route("/", post(passes_on)).layer(EpilogueLayer::new(app));
    let reply = router.oneshot(request("/")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(text(reply).await, r#"{"detail":"who?"}"#);
    assert_eq!(entries.take(2).await, ["first", "request exit: Failed(401 Unauthorized: who?)"]);
}
