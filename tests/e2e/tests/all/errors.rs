//! Errors: the app's own replies to them, with tasks, and the `Reply` of the request, whatever the reply is.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use epilogue::prelude::*;
use epilogue::testing::{TestClient, TestResponse};
use epilogue::{Invalid, Loc};
use epilogue_e2e::{Entries, Journal};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, thiserror::Error)]
#[error("out of tea")]
struct OutOfTea(u8);

/// An error type that is also a reply without a handler.
#[derive(Debug)]
struct Busy;

impl IntoResponse for Busy {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, "busy").into_response()
    }
}

fn noted(journal: Journal, line: String) {
    journal.write(line);
}

#[dependency]
fn leaf(tasks: &BackgroundTasks, journal: State<Journal>, reply: &Reply) {
    tasks.add_task(noted, ((*journal).clone(), String::from("dropped")));
    reply.append_header(HeaderName::from_static("x-leaf"), HeaderValue::from_static("1"));
}

#[get("/tea/{cups}")]
async fn tea(cups: Path<u8>, _leaf: Depends<leaf>) -> Result<&'static str, HttpError> {
    match *cups {
        0 => Err(OutOfTea(0))?,
        1 => Err(HttpError::new(StatusCode::CONFLICT, json!({"why": ["a", 1]}))
            .header(HeaderName::from_static("x-extra"), HeaderValue::from_static("yes"))),
        2 => panic!("a cup broke"),
        4 => Err(HttpError::new(StatusCode::NOT_FOUND, ())),
        6 => Err(HttpError::new(StatusCode::NOT_MODIFIED, ())
            .header(header::ETAG, HeaderValue::from_static("\"6\""))),
        5 => Err(HttpError::new(StatusCode::NOT_FOUND, "none")
            .header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))),
        _ => Err(std::io::Error::other("secret"))?,
    }
}

#[get("/busy")]
async fn busy(_leaf: Depends<leaf>) -> Result<&'static str, Busy> {
    Err(Busy)
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    (App::new().state(journal).routes(routes![tea, busy]), entries)
}

fn handled() -> (TestClient, Entries) {
    /// A reply that says which handler made it, with a task of its own.
    fn by(name: &'static str, journal: &Journal, status: StatusCode) -> impl IntoResponse + use<> {
        (status, Background::task(noted, (journal.clone(), format!("task of {name}"))), name)
    }
    let (app, _) = app();
    let (journal, entries) = Journal::new();
    let [tea, busy, rejected, panicked, http] = std::array::from_fn(|_| journal.clone());
    let app = app
        .state(journal)
        .on_error(move |error: &OutOfTea, _| {
            assert_eq!(error.0, 0);
            by("tea", &tea, StatusCode::IM_A_TEAPOT)
        })
        .on_error(move |_: &Busy, _| by("busy", &busy, StatusCode::TOO_MANY_REQUESTS))
        .on_error(move |error: &Rejection, _| {
            assert_eq!(error.errors().len(), 1);
            by("rejection", &rejected, StatusCode::BAD_REQUEST)
        })
        .on_error(move |error: &Panicked, _| {
            assert_eq!(error.message(), "a cup broke");
            by("panic", &panicked, StatusCode::INTERNAL_SERVER_ERROR)
        })
        .on_error(move |error: &HttpError, parts: RequestParts| {
            let status = error.status();
            ([("x-path", parts.uri.path().to_owned())], by("http", &http, status))
        });
    (TestClient::new(app), entries)
}

fn seen(response: &TestResponse) -> (u16, String) {
    (response.status().as_u16(), response.text())
}

#[tokio::test]
async fn errors_have_replies_of_their_own() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    let conflict = client.get("/tea/1").send().await;
    assert_eq!(seen(&conflict), (409, r#"{"detail":{"why":["a",1]}}"#.into()));
    assert_eq!((conflict.header("x-extra"), conflict.header("x-leaf")), (Some("yes"), None));
    for path in ["/tea/0", "/tea/2", "/tea/3"] {
        let response = client.get(path).send().await;
        assert_eq!(seen(&response), (500, "Internal Server Error".into()), "{path}");
    }
    assert_eq!(seen(&client.get("/tea/4").send().await), (404, r#"{"detail":"Not Found"}"#.into()));
    let typed = client.get("/tea/5").send().await;
    let content_types: Vec<_> = typed.headers().get_all(header::CONTENT_TYPE).iter().collect();
    assert_eq!(content_types, ["application/problem+json"]);
    assert_eq!(seen(&client.get("/busy").send().await), (503, "busy".into()));
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test]
async fn handlers_reply_to_errors_by_type_and_may_add_tasks() {
    let (client, mut entries) = handled();
    for (path, reply, task) in [
        ("/tea/0", (418, "tea"), Some("task of tea")),
        ("/busy", (429, "busy"), Some("task of busy")),
        ("/tea/x", (400, "rejection"), Some("task of rejection")),
        ("/tea/2", (500, "panic"), Some("task of panic")),
        ("/tea/1", (409, "http"), Some("task of http")),
        // Any other error that went through `?` is an `HttpError`.
        ("/tea/3", (500, "http"), Some("task of http")),
    ] {
        let response = client.get(path).send().await;
        assert_eq!(seen(&response), (reply.0, reply.1.into()), "{path}");
        assert_eq!(entries.now(), task.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{path}");
    }
    let not_found = client.get("/nowhere").send().await;
    assert_eq!((seen(&not_found), not_found.header("x-path")), ((404, "http".into()), Some("/nowhere")));
    assert_eq!(seen(&client.post("/busy").send().await), (405, "http".into()));
    assert_eq!(entries.now(), ["task of http"; 2]);
}

#[tokio::test]
async fn an_error_without_content_has_no_type() {
    let reply = TestClient::new(app().0).get("/tea/6").send().await;
    assert_eq!(seen(&reply), (304, String::new()));
    assert_eq!(reply.header("etag"), Some("\"6\""));
    assert_eq!(reply.header("content-type"), None);
}

#[dependency]
fn coloured(reply: &Reply) {
    reply.append_header(HeaderName::from_static("x-colour"), HeaderValue::from_static("red"));
    reply.set_cookie("colour", "red");
    reply.set_status(StatusCode::ACCEPTED);
}

#[get("/stream")]
async fn stream(_coloured: Depends<coloured>) -> epilogue::Body {
    let pieces = ["a", "b"].map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    epilogue::Body::from_stream(futures_util::stream::iter(pieces))
}

#[get("/events")]
async fn events(_coloured: Depends<coloured>) -> Sse<EventStream> {
    let (events, reply) = Sse::channel();
    tokio::spawn(async move { events.send(Event::data("x")).await });
    reply
}

#[tokio::test]
async fn the_reply_in_the_making_is_merged_into_streams() {
    let client = TestClient::new(App::new().routes(routes![stream, events]));
    for (path, body) in [("/stream", "ab"), ("/events", "data: x\n\n")] {
        let response = client.get(path).send().await;
        assert_eq!(seen(&response), (202, body.into()));
        assert_eq!(response.header("x-colour"), Some("red"));
        assert_eq!(response.header("set-cookie"), Some("colour=red; Path=/; SameSite=lax"));
    }
}

#[tokio::test]
async fn a_status_that_is_set_goes_before_the_routes_and_after_the_replys_own() {
    #[post("/set/{status}", status = 201)]
    async fn set(status: Path<u16>, reply: &Reply) -> Result<(), HttpError> {
        reply.set_status(StatusCode::from_u16(*status)?);
        Ok(())
    }
    #[post("/own/{status}", status = 201)]
    async fn own(status: Path<u16>, reply: &Reply) -> Result<StatusCode, HttpError> {
        reply.set_status(StatusCode::from_u16(*status)?);
        Ok(StatusCode::IM_A_TEAPOT)
    }
    #[post("/neither", status = 201)]
    async fn neither(reply: &Reply) {
        reply.set_cookie("colour", "red");
    }
    let client = TestClient::new(App::new().routes(routes![set, own, neither]));
    for (path, status) in
        [("/set/200", 200), ("/set/202", 202), ("/own/200", 418), ("/own/202", 418), ("/neither", 201)]
    {
        assert_eq!(client.post(path).send().await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_handler_hands_on_the_headers_of_an_error() {
    #[get("/")]
    async fn index(_user: HttpBasic) {}

    let app = App::new()
        .routes(routes![index])
        .on_error(|error: &HttpError, _| (error.status(), error.headers().clone(), error.to_string()));
    let client = TestClient::new(app);
    let wrong_method = client.post("/").send().await;
    assert_eq!((wrong_method.status().as_u16(), wrong_method.header("allow")), (405, Some("GET, HEAD")));
    let unknown = client.get("/").send().await;
    assert_eq!((unknown.status().as_u16(), unknown.header("www-authenticate")), (401, Some("Basic")));
}

static READ: AtomicUsize = AtomicUsize::new(0);

/// Counts how often it is read.
#[derive(Clone, Debug)]
struct Counted;

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.fetch_add(1, Ordering::Relaxed);
        serde_json::Map::deserialize(deserializer).map(|_| Self)
    }
}

#[dependency]
fn item(item: Json<Counted>) -> Counted {
    item.into_inner()
}

#[dependency]
fn first(item: Depends<item>) -> Counted {
    Counted::clone(&item)
}

#[post("/counted")]
async fn counted(_first: Depends<first>, _second: Depends<item>) {}

#[tokio::test]
async fn a_model_of_a_shared_dependency_is_read_once() {
    let client = TestClient::new(App::new().routes(routes![counted]));
    assert_eq!(client.post("/counted").json(&json!({})).send().await.status(), StatusCode::OK);
    assert_eq!(READ.load(Ordering::Relaxed), 1);
}

async fn close(_: &u8, _: &Outcome) {}

#[dependency]
fn session() -> u8 {
    0
}

#[dependency]
fn user(session: Depends<session>) -> u8 {
    *session
}

#[dependency(exit = close)]
fn visit(user: Depends<user>) -> u8 {
    *user
}

#[dependency(scope = "function", exit = close)]
fn short_session() -> u8 {
    0
}

#[get("/visit")]
async fn visited(_user: Depends<user>, _visit: Depends<visit>) {}

#[tokio::test]
async fn an_override_may_not_be_exited_before_what_depends_on_it() {
    let app = App::new().routes(routes![visited]);
    app.start().await.unwrap();
    let error = app.clone().override_dependency_with::<session, short_session>().start().await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.ends_with(
            "would, because of an override, exit `short_session` before the reply, and `visit`, which depends on it, after: \
             `_visit`; give both the same scope"
        ),
        "{message}"
    );
    // If the late one is replaced too, nothing is late any more.
    let app = app.override_dependency_with::<session, short_session>().override_dependency::<visit>(|| 0);
    app.start().await.unwrap();
}

#[tokio::test]
async fn the_errors_of_a_request_are_told_once_each() {
    #[dependency]
    fn limit(limit: Query<u8>) -> u8 {
        *limit
    }
    #[dependency]
    fn doubled(limit: Depends<limit>, offset: Query<u8>) -> u8 {
        *limit * 2 + *offset
    }
    #[get("/{id}")]
    async fn index(id: Path<u8>, _a: Depends<limit>, _b: Depends<doubled>, limit: Query<u8>) -> String {
        format!("{} {}", *id, *limit)
    }
    let client = TestClient::new(App::new().routes(routes![index]));
    let errors: Value = client.get("/x?offset=y").send().await.json();
    let errors: Vec<_> =
        errors["detail"].as_array().unwrap().iter().map(|error| error["loc"].clone()).collect();
    assert_eq!(errors, [json!(["query", "limit"]), json!(["query", "offset"]), json!(["path", "id"])]);
}

type Boxed = Box<dyn std::error::Error + Send + Sync>;

fn boxed(kind: u8) -> Result<(), Boxed> {
    match kind {
        0 => Err(OutOfTea(0))?,
        1 => Err("a text")?,
        _ => Ok(()),
    }
}

#[get("/boxed/{kind}")]
async fn internal(kind: Path<u8>) -> Result<(), HttpError> {
    boxed(*kind).map_err(HttpError::internal)
}

#[tokio::test]
async fn a_boxed_error_is_replied_to_and_handled_as_one() {
    let app = App::new().routes(routes![internal]);
    let client = TestClient::new(app.clone());
    for path in ["/boxed/0", "/boxed/1"] {
        assert_eq!(seen(&client.get(path).send().await), (500, "Internal Server Error".into()), "{path}");
    }
    let app = app.on_error(|_: &OutOfTea, _| StatusCode::IM_A_TEAPOT).on_error(|error: &Boxed, _| {
        (StatusCode::BAD_GATEWAY, format!("{error}: {}", error.is::<OutOfTea>()))
    });
    let client = TestClient::new(app);
    for (path, reply) in [("/boxed/0", "out of tea: true"), ("/boxed/1", "a text: false")] {
        assert_eq!(seen(&client.get(path).send().await), (502, reply.into()), "{path}");
    }
    assert_eq!(client.get("/boxed/2").send().await.status(), 200);
    assert_eq!(HttpError::internal("a text").to_string(), "500 Internal Server Error: a text");
}

#[get("/cellar")]
async fn cellar() -> Result<(), HttpError> {
    Err(HttpError::new(StatusCode::NOT_FOUND, "no cellar").with_source(OutOfTea(0)))
}

#[tokio::test]
async fn a_source_that_is_there_for_the_log_does_not_choose_the_handler() {
    let app = App::new().routes(routes![cellar]).on_error(|_: &OutOfTea, _| StatusCode::IM_A_TEAPOT);
    let reply = TestClient::new(app.clone()).get("/cellar").send().await;
    assert_eq!(seen(&reply), (404, r#"{"detail":"no cellar"}"#.into()));

    let app = app.on_error(|error: &HttpError, _| (error.status(), error.to_string()));
    let reply = TestClient::new(app).get("/cellar").send().await;
    assert_eq!(seen(&reply), (404, "404 Not Found: no cellar".into()));
}

#[dependency]
fn out_of_tea() -> Result<u8, HttpError> {
    Err(OutOfTea(0))?
}

#[dependency]
fn page(page: Query<u8>) -> u8 {
    *page
}

#[dependency(exit = told)]
fn witness(journal: State<Journal>) -> Journal {
    Journal::clone(&journal)
}

async fn told(journal: &Journal, outcome: &Outcome) {
    let (tea, invalid) = (outcome.error::<OutOfTea>().is_some(), outcome.rejection().is_some());
    journal.write(format!("out of tea: {tea}, invalid: {invalid}"));
}

/// Passes a rejection on as its own error.
#[get("/passed-on/{which}")]
async fn passed_on(
    which: Path<String>,
    _witness: Depends<witness>,
    tea: Result<Depends<out_of_tea>, Rejection>,
    page: Result<Depends<page>, Rejection>,
) -> Result<String, Rejection> {
    let passed = if *which == "tea" { tea.map(|tea| *tea) } else { page.map(|page| *page) };
    passed.map(|number| number.to_string())
}

/// The same by a `?`, which makes an `HttpError` of it.
#[get("/in-an-http-error/{which}")]
async fn in_an_http_error(
    which: Path<String>,
    _witness: Depends<witness>,
    tea: Result<Depends<out_of_tea>, Rejection>,
    page: Result<Depends<page>, Rejection>,
) -> Result<String, HttpError> {
    let number = if *which == "tea" { *tea? } else { *page? };
    Ok(number.to_string())
}

#[post("/parcels")]
async fn send(weight: Query<u8>, sizes: Json<HashMap<String, Vec<u8>>>) -> String {
    format!("{} {}", *weight, sizes.len())
}

/// A handler that logs a rejection, and a reply that stays as it is.
#[tokio::test]
async fn a_rejection_names_the_places_of_what_is_wrong() {
    let (journal, mut entries) = Journal::new();
    let app = App::new().routes(routes![send]);
    let plain = TestClient::new(app.clone());
    let logged = TestClient::new(app.on_error(move |rejection: &Rejection, _| {
        journal.write(rejection.to_string());
        rejection.clone()
    }));
    let sizes = json!({"a\nb": [1, "y"]});
    let reply = logged.post("/parcels?weight=x").json(&sizes).send().await;
    assert_eq!(seen(&reply), seen(&plain.post("/parcels?weight=x").json(&sizes).send().await));
    assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let not_whole = "Input should be a valid integer, unable to parse string as an integer";
    assert_eq!(
        entries.now(),
        [format!(r"the request failed validation: query.weight: {not_whole}; body.a\nb.1: {not_whole}")]
    );
}

#[tokio::test]
async fn a_rejection_that_is_passed_on_is_the_error_of_the_dependency() {
    let (journal, mut entries) = Journal::new();
    let app = App::new()
        .state(journal)
        .routes(routes![passed_on, in_an_http_error])
        .on_error(|error: &OutOfTea, _| (StatusCode::IM_A_TEAPOT, error.to_string()))
        .on_error(|rejection: &Rejection, _| format!("{} errors", rejection.errors().len()));
    let client = TestClient::new(app);
    for path in ["/passed-on", "/in-an-http-error"] {
        let (tea, page) = (format!("{path}/tea"), format!("{path}/page"));
        assert_eq!(seen(&client.get(&tea).send().await), (418, "out of tea".into()));
        assert_eq!(seen(&client.get(&page).send().await), (200, "1 errors".into()));
        assert_eq!(entries.now(), ["out of tea: true, invalid: false", "out of tea: false, invalid: true"]);
    }
}

#[post("/bookings")]
async fn book(from: Query<u32>, to: Query<u32>, tasks: &BackgroundTasks) -> Result<StatusCode, Rejection> {
    tasks.add_task(|| unreachable!("the request has failed"), ());
    if *to <= *from {
        let ends = Invalid::new("value_error", ["query", "to"], "it ends before it begins", *to);
        let loc = [Loc::from("body"), Loc::from(0), Loc::from(String::from("day"))];
        let first = Invalid::new(format!("{}_error", "day"), loc, "none", ());
        return Err(Rejection::new(vec![ends, first]));
    }
    Ok(StatusCode::CREATED)
}

#[tokio::test]
async fn a_function_rejects_a_request_in_the_same_words() {
    let client = TestClient::new(App::new().routes(routes![book]));
    let response = client.post("/bookings?from=2&to=1").send().await;
    assert_eq!(response.status(), 422);
    assert_eq!(
        response.json::<Value>(),
        json!({"detail": [
            {"type": "value_error", "loc": ["query", "to"], "msg": "it ends before it begins", "input": 1},
            {"type": "day_error", "loc": ["body", 0, "day"], "msg": "none", "input": null},
        ]})
    );
    assert!(response.tasks().is_empty());
}

type Unwritable = Json<HashMap<(u8, u8), u8>>;

/// The keys of JSON are texts.
fn unwritable() -> Unwritable {
    Json(HashMap::from([((1, 2), 3)]))
}

#[tokio::test]
async fn a_request_whose_reply_cannot_be_written_has_failed() {
    #[dependency(scope = "function", exit = end)]
    fn transaction(journal: State<Journal>, tasks: &BackgroundTasks) -> State<Journal> {
        tasks.add_task(noted, ((*journal).clone(), String::from("a task")));
        journal
    }

    async fn end(journal: &State<Journal>, outcome: &Outcome) {
        journal.write(if outcome.is_success() { "committed" } else { "rolled back" });
    }

    #[get("/alone", dependencies(transaction))]
    async fn alone() -> Unwritable {
        unwritable()
    }

    #[get("/result", dependencies(transaction), blocking)]
    fn result() -> Result<Unwritable, HttpError> {
        Ok(unwritable())
    }

    #[get("/tuple", dependencies(transaction))]
    async fn tuple() -> (StatusCode, Unwritable) {
        (StatusCode::CREATED, unwritable())
    }

    #[get("/unnamed", dependencies(transaction))]
    async fn unnamed() -> impl IntoResponse + use<> {
        (StatusCode::CREATED, unwritable())
    }

    #[get("/error", dependencies(transaction))]
    async fn error() -> Result<(), (StatusCode, Unwritable)> {
        Err((StatusCode::CONFLICT, unwritable()))
    }

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![alone, result, tuple, unnamed, error]);
    let client = TestClient::new(app.clone());
    for path in ["/alone", "/result", "/tuple", "/unnamed", "/error"] {
        let response = client.get(path).send().await;
        assert_eq!((response.status().as_u16(), &*response.text()), (500, "Internal Server Error"), "{path}");
        assert_eq!(entries.now(), ["rolled back"], "{path}");
    }
    let handled = app.on_error(|error: &HttpError, _parts| (error.status(), unwritable()));
    let client = TestClient::new(handled);
    for path in ["/alone", "/nowhere"] {
        let response = client.get(path).send().await;
        assert_eq!((response.status().as_u16(), &*response.text()), (500, "Internal Server Error"), "{path}");
    }
}
