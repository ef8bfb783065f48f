//! Dependencies through the test client: errors, optional ones, scopes and exits, overrides, the app's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Journal, errors};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug, thiserror::Error)]
#[error("melted")]
struct Meltdown;

#[derive(Debug)]
struct Denied;

impl axum_core::response::IntoResponse for Denied {
    fn into_response(self) -> axum_core::response::Response {
        (StatusCode::FORBIDDEN, "denied").into_response()
    }
}

fn app() -> (App, Entries) {
    let (journal, entries) = Journal::new();
    let routes = routes![
        optional,
        rejected,
        not_needed,
        ends,
        replaced,
        late,
        panics,
        optional_panics,
        task_fails,
        denied,
        fresh,
        uses_app_scope,
        adds_then_fails
    ];
    (App::new().state(journal).routes(routes), entries)
}

async fn write(journal: Journal, line: &'static str) {
    journal.write(line);
}

#[dependency]
fn limit(journal: State<Journal>, limit: Query<u32>) -> u32 {
    journal.write("limit");
    *limit
}

#[get("/optional")]
async fn optional(limit: Option<Depends<limit>>) -> String {
    format!("{:?}", limit.as_deref())
}

#[dependency]
fn twice(limit: Depends<limit>) -> u32 {
    *limit * 2
}

#[get("/rejected")]
async fn rejected(twice: Result<Depends<twice>, Rejection>) -> Result<String, Rejection> {
    twice.map(|twice| twice.to_string())
}

#[get("/not-needed")]
async fn not_needed(optional: Option<Depends<limit>>, required: Depends<twice>) -> String {
    format!("{:?} {}", optional.as_deref(), *required)
}

struct Resource(Journal, &'static str);

async fn close(resource: &Resource, outcome: &Outcome) {
    let end = match outcome {
        outcome if outcome.error::<Meltdown>().is_some() => "meltdown",
        outcome if outcome.rejection().is_some() => "rejected",
        outcome if outcome.is_panic() => "panic",
        outcome if !outcome.failed_tasks().is_empty() => "failed task",
        outcome if outcome.is_success() => "success",
        _ => "other error",
    };
    resource.0.write(format!("{} closed: {end}", resource.1));
}

#[dependency(exit = close)]
fn outer(journal: State<Journal>) -> Resource {
    journal.write("outer");
    Resource((*journal).clone(), "outer")
}

#[dependency(exit = close, scope = "function")]
async fn inner(outer: Depends<outer>) -> Resource {
    outer.0.write("inner");
    Resource(outer.0.clone(), "inner")
}

#[get("/ends/{how}")]
async fn ends(
    how: Path<String>,
    _inner: Depends<inner>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
) -> Result<&'static str, HttpError> {
    tasks.add_task(write, ((*journal).clone(), "task"));
    tasks.add_task(write, ((*journal).clone(), "always")).always();
    match how.as_str() {
        "meltdown" => Err(Meltdown)?,
        "conflict" => Err(HttpError::new(StatusCode::CONFLICT, "conflict")),
        "panic" => panic!("on purpose"),
        _ => Ok("fine"),
    }
}

async fn refuse(_: &u8, outcome: &Outcome) -> Result<(), HttpError> {
    if outcome.error::<Meltdown>().is_some() {
        return Err(HttpError::new(StatusCode::BAD_REQUEST, "melted, politely"));
    }
    Ok(())
}

#[dependency(exit = refuse, scope = "function")]
fn polite() -> u8 {
    0
}

#[get("/replaced")]
async fn replaced(_polite: Depends<polite>) -> Result<(), HttpError> {
    Err(Meltdown)?
}

async fn too_late(_: &(), _: &Outcome) -> Result<(), HttpError> {
    Err(HttpError::new(StatusCode::CONFLICT, "too late"))
}

#[dependency(exit = too_late)]
fn raises_late() {}

#[get("/late")]
async fn late(_late: Depends<raises_late>) -> &'static str {
    "in time"
}

#[dependency]
fn explodes() -> u8 {
    panic!("on purpose")
}

#[dependency]
async fn explodes_later() -> u8 {
    tokio::task::yield_now().await;
    panic!("on purpose")
}

#[get("/optional-panics")]
async fn optional_panics(_outer: Depends<outer>, _explodes: Option<Depends<explodes_later>>) -> &'static str {
    "never"
}

#[get("/panics")]
async fn panics(_outer: Depends<outer>, _explodes: Depends<explodes>) -> &'static str {
    "never"
}

async fn fails() -> Result<(), Meltdown> {
    Err(Meltdown)
}

#[get("/task-fails")]
async fn task_fails(
    _outer: Depends<outer>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
) -> &'static str {
    tasks.add_task(fails, ());
    tasks.add_task(write, ((*journal).clone(), "next"));
    "ok"
}

#[dependency]
fn forbidden() -> Result<u8, Denied> {
    Err(Denied)
}

#[get("/denied")]
async fn denied(_forbidden: Depends<forbidden>, _limit: Depends<limit>) -> &'static str {
    "never"
}

static TICKETS: AtomicU32 = AtomicU32::new(0);

type ApiResult<T> = Result<T, Denied>;

/// The error of a `Result` ends the request, whatever the type is called and whichever macro it comes from.
macro_rules! refusing {
    ($name:ident, $output:ty) => {
        #[dependency]
        async fn $name() -> $output {
            Err(Denied)
        }
    };
}

refusing!(of_a_macro, Result<u8, Denied>);

#[dependency]
fn of_an_alias() -> ApiResult<()> {
    Err(Denied)
}

#[dependency]
#[allow(unused_parens, reason = "they are what is tested")]
fn in_parentheses() -> (Result<(), Denied>) {
    Err(Denied)
}

#[dependency]
async fn passes() -> ApiResult<u32> {
    Ok(1)
}

#[get("/refused-of-a-macro", dependencies(of_a_macro))]
fn refused_of_a_macro() {}

#[get("/refused-of-an-alias", dependencies(of_an_alias))]
fn refused_of_an_alias() {}

#[get("/refused-in-parentheses", dependencies(in_parentheses))]
fn refused_in_parentheses() {}

#[get("/passed")]
async fn passed(passes: &Depends<passes>) -> ApiResult<impl axum_core::response::IntoResponse> {
    Ok(format!("{}", **passes + 1))
}

#[dependency]
fn ticket() -> u32 {
    TICKETS.fetch_add(1, Ordering::Relaxed)
}

#[get("/fresh")]
async fn fresh(a: Depends<ticket>, b: Depends<ticket>, c: Depends<Fresh<ticket>>) -> Json<[bool; 2]> {
    Json([*a == *b, *a == *c])
}

#[get("/written")]
async fn written(ticket: Depends<ticket>) -> Json<(String, Depends<ticket>)> {
    Json((format!("{ticket}"), ticket))
}

mod of_that_name {
    use epilogue::prelude::*;

    pub(super) struct Result {
        pub(super) points: u32,
    }

    #[dependency]
    pub(super) fn best() -> Result {
        Result { points: 7 }
    }
}
use of_that_name::best;

#[get("/best")]
async fn points(best: Depends<best>) -> String {
    best.points.to_string()
}

#[dependency(scope = "app")]
async fn base() -> Arc<AtomicU32> {
    Arc::default()
}

#[dependency(scope = "app")]
fn counter(base: Depends<base>) -> Arc<AtomicU32> {
    base.fetch_add(100, Ordering::Relaxed);
    Arc::clone(&base)
}

#[get("/app")]
async fn uses_app_scope(counter: Depends<counter>) -> String {
    counter.fetch_add(1, Ordering::Relaxed).to_string()
}

#[dependency]
fn adds(tasks: &BackgroundTasks, journal: State<Journal>) {
    tasks.add_task(write, ((*journal).clone(), "of a dependency"));
}

#[get("/adds-then-fails", dependencies(adds))]
async fn adds_then_fails(n: Query<u8>) -> String {
    n.to_string()
}

#[tokio::test]
async fn optional_dependencies_do_not_fail_the_request() {
    let (app, _entries) = app();
    let client = TestClient::new(app);
    assert_eq!(client.get("/optional?limit=3").send().await.text(), "Some(3)");
    assert_eq!(client.get("/optional").send().await.text(), "None");
    assert_eq!(client.get("/rejected?limit=3").send().await.text(), "6");
    let response = client.get("/rejected?limit=x").send().await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        response.json::<serde_json::Value>()["detail"][0]["loc"],
        serde_json::json!(["query", "limit"])
    );
}

#[tokio::test]
async fn a_dependency_that_is_optional_here_and_required_there_is_required() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    assert_eq!(client.get("/not-needed?limit=3").send().await.text(), "Some(3) 6");
    assert_eq!(entries.now(), ["limit"]);
    let response = client.get("/not-needed").send().await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.json::<serde_json::Value>()["detail"].as_array().unwrap().len(), 1);
}

#[dependency]
fn needs_twice(twice: Depends<twice>, _denied: Option<Depends<forbidden>>) -> u32 {
    *twice
}

#[tokio::test]
async fn what_an_optional_dependency_requires_is_required_where_that_is_and_nothing_more() {
    #[get("/")]
    async fn both(optional: Option<Depends<needs_twice>>, required: Depends<needs_twice>) -> String {
        format!("{:?} {}", optional.as_deref(), *required)
    }

    let (app, _entries) = app();
    let client = TestClient::new(app.routes(routes![both]));
    assert_eq!(client.get("/?limit=3").send().await.text(), "Some(6) 6");
    let limit = serde_json::json!(["int_parsing", ["query", "limit"]]);
    assert_eq!(errors(client.get("/?limit=x")).await, [limit]);
}

#[tokio::test]
async fn a_dependency_that_nothing_takes_must_have_valid_values_too() {
    #[get("/route", dependencies(limit))]
    async fn guarded(journal: State<Journal>) {
        journal.write("guarded");
    }
    #[get("")]
    async fn within(journal: State<Journal>) {
        journal.write("within");
    }

    let (app, mut entries) = app();
    let router = Router::new("/router").depends::<limit>().routes(routes![within]);
    let client = TestClient::new(app.routes(routes![guarded]).router(router));
    for path in ["/route", "/router"] {
        let limit = serde_json::json!(["int_parsing", ["query", "limit"]]);
        assert_eq!(errors(client.get(&format!("{path}?limit=x"))).await, [limit], "{path}");
    }
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test]
async fn exits_run_in_reverse_in_their_scope_and_know_the_end() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    for (how, status, end, tasks) in [
        ("well", 200, "success", &["task", "always"][..]),
        ("meltdown", 500, "meltdown", &["always"]),
        ("conflict", 409, "other error", &["always"]),
        ("panic", 500, "panic", &["always"]),
    ] {
        let response = client.get(&format!("/ends/{how}")).send().await;
        assert_eq!(response.status(), status, "{how}");
        let mut wanted = vec![String::from("outer"), String::from("inner"), format!("inner closed: {end}")];
        wanted.extend(tasks.iter().map(ToString::to_string));
        wanted.push(format!("outer closed: {end}"));
        assert_eq!(entries.now(), wanted, "{how}");
    }
}

#[tokio::test]
async fn an_exit_before_the_reply_may_replace_it_and_one_after_may_not() {
    let (app, _entries) = app();
    let client = TestClient::new(app);
    let response = client.get("/replaced").send().await;
    assert_eq!(
        (response.status().as_u16(), response.text().as_str()),
        (400, r#"{"detail":"melted, politely"}"#)
    );
    let response = client.get("/late").send().await;
    assert_eq!((response.status().as_u16(), response.text().as_str()), (200, "in time"));
}

#[tokio::test]
async fn a_dependency_that_panics_is_a_500_and_what_was_entered_is_exited() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    for path in ["/panics", "/optional-panics"] {
        assert_eq!(client.get(path).send().await.status(), 500, "{path}");
        assert_eq!(entries.now(), ["outer", "outer closed: panic"], "{path}");
    }
}

#[tokio::test]
async fn a_failing_task_is_seen_by_the_test_and_by_exits_and_does_not_stop_the_next() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    let response = client.get("/task-fails").send().await;
    assert_eq!(response.tasks().len(), 2);
    assert_eq!(response.failed_tasks().len(), 1);
    assert_eq!(response.failed_tasks()[0].message, "melted");
    assert_eq!(entries.now(), ["outer", "next", "outer closed: failed task"]);
}

#[tokio::test]
async fn an_error_beats_validation_errors_and_keeps_its_own_reply() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    let response = client.get("/denied").send().await;
    assert_eq!((response.status().as_u16(), response.text().as_str()), (403, "denied"));
    assert_eq!(entries.now(), [""; 0], "what comes after the error does not run");
}

#[tokio::test]
async fn the_error_of_a_result_ends_the_request_whatever_its_name() {
    let routes = routes![refused_of_a_macro, refused_of_an_alias, refused_in_parentheses, passed];
    let client = TestClient::new(App::new().routes(routes));
    for path in ["/refused-of-a-macro", "/refused-of-an-alias", "/refused-in-parentheses"] {
        let reply = client.get(path).send().await;
        assert_eq!((reply.status().as_u16(), reply.text().as_str()), (403, "denied"), "{path}");
    }
    assert_eq!(client.get("/passed").send().await.text(), "2");
}

#[tokio::test]
async fn fresh_ones_are_made_anew() {
    let (app, _entries) = app();
    assert_eq!(TestClient::new(app).get("/fresh").send().await.json::<[bool; 2]>(), [true, false]);
}

#[tokio::test]
async fn a_type_that_is_called_result_is_a_value() {
    let client = TestClient::new(App::new().routes(routes![points]));
    assert_eq!(client.get("/best").send().await.text(), "7");
}

#[tokio::test]
async fn what_a_dependency_provides_is_written_like_its_output() {
    let client = TestClient::new(App::new().routes(routes![written]));
    let (text, number) = client.get("/written").send().await.json::<(String, u32)>();
    assert_eq!(text, number.to_string());
}

#[tokio::test]
async fn a_rejected_request_drops_the_tasks_of_its_dependencies() {
    let (app, mut entries) = app();
    let client = TestClient::new(app);
    let response = client.get("/adds-then-fails").send().await;
    assert_eq!(response.status(), 422);
    assert!(response.tasks().is_empty());
    assert_eq!(client.get("/adds-then-fails?n=1").send().await.tasks().len(), 1);
    assert_eq!(entries.now(), ["of a dependency"]);
}

struct Auditor(BackgroundTasks, Journal);

impl Drop for Auditor {
    fn drop(&mut self) {
        self.0.add_task(write, (self.1.clone(), "by the drop of an output"));
    }
}

#[dependency]
fn auditor(tasks: BackgroundTasks, journal: State<Journal>) -> Auditor {
    Auditor(tasks, (*journal).clone())
}

#[dependency(exit = audited)]
fn audits(tasks: BackgroundTasks, journal: State<Journal>) -> (BackgroundTasks, Journal) {
    (tasks, (*journal).clone())
}

async fn audited((tasks, journal): &(BackgroundTasks, Journal), _: &Outcome) {
    let (more, journal) = (tasks.clone(), journal.clone());
    let task = async move || {
        journal.write("by an exit");
        more.add_task(write, (journal, "by its task"));
    };
    tasks.add_task(task, ());
}

#[tokio::test]
async fn of_a_request_that_failed_or_discarded_its_tasks_those_of_exits_run_and_no_others() {
    #[get("/discards")]
    async fn discards(_audits: Depends<audits>, _auditor: Depends<auditor>, tasks: &BackgroundTasks) {
        tasks.discard();
    }
    #[get("/fails")]
    async fn fails_with_exits(_audits: Depends<audits>, _auditor: Depends<auditor>) -> Result<(), HttpError> {
        Err(HttpError::new(StatusCode::CONFLICT, "on purpose"))
    }
    #[get("/fails-without-exits")]
    async fn fails_without_exits(_auditor: Depends<auditor>) -> Result<(), HttpError> {
        Err(HttpError::new(StatusCode::CONFLICT, "on purpose"))
    }

    let (journal, mut entries) = Journal::new();
    let routes = routes![discards, fails_with_exits, fails_without_exits];
    let client = TestClient::new(App::new().state(journal).routes(routes));
    for (path, ran) in [
        ("/discards", &["by an exit", "by its task"][..]),
        ("/fails", &["by an exit", "by its task"]),
        ("/fails-without-exits", &[]),
    ] {
        client.get(path).send().await;
        assert_eq!(entries.now(), ran, "{path}");
    }
}

#[dependency(scope = "function", exit = told)]
fn tells(tasks: BackgroundTasks, journal: State<Journal>) -> (BackgroundTasks, Journal) {
    (tasks, (*journal).clone())
}

async fn told((tasks, journal): &(BackgroundTasks, Journal), outcome: &Outcome) {
    let line = if outcome.is_success() { "told of a success" } else { "told of a failure" };
    tasks.add_task(write, (journal.clone(), line));
}

#[dependency(scope = "function", exit = too_late)]
fn refuses() {}

#[tokio::test]
async fn what_an_exit_before_the_reply_adds_runs_if_the_request_ends_as_it_was_told() {
    #[get("/succeeds")]
    async fn succeeds(_tells: Depends<tells>) {}
    #[get("/discards")]
    async fn discards(_tells: Depends<tells>, _auditor: Depends<auditor>, tasks: &BackgroundTasks) {
        tasks.discard();
    }
    #[get("/fails")]
    async fn fails_when_told(
        _tells: Depends<tells>,
        _auditor: Depends<auditor>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> Result<(), HttpError> {
        tasks.add_task(write, ((*journal).clone(), "of the path function"));
        Err(HttpError::new(StatusCode::CONFLICT, "on purpose"))
    }
    #[get("/is-refused", dependencies(tells, refuses))]
    async fn is_refused() {}
    #[get("/is-refused-later", dependencies(refuses, tells))]
    async fn is_refused_later() {}

    let (journal, mut entries) = Journal::new();
    let routes = routes![succeeds, discards, fails_when_told, is_refused, is_refused_later];
    let client = TestClient::new(App::new().state(journal).routes(routes));
    for (path, ran) in [
        ("/succeeds", &["told of a success"][..]),
        ("/discards", &["told of a success"]),
        ("/fails", &["told of a failure"]),
        ("/is-refused", &["told of a failure"]),
        ("/is-refused-later", &[]),
    ] {
        client.get(path).send().await;
        assert_eq!(entries.now(), ran, "{path}");
    }
}

#[tokio::test]
async fn of_a_reply_that_an_exit_replaces_the_tasks_run_that_run_in_any_case() {
    #[get("/", dependencies(refuses))]
    async fn brings_its_own(journal: State<Journal>) -> Background {
        Background::task(write, ((*journal).clone(), "in any case"))
            .always()
            .and(write, ((*journal).clone(), "only if all is well"))
    }

    let (journal, mut entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![brings_its_own]));
    assert_eq!(client.get("/").send().await.status(), 409);
    assert_eq!(entries.now(), ["in any case"]);
}

#[tokio::test]
async fn app_scoped_dependencies_are_built_once_in_order() {
    let (app, _entries) = app();
    let counter = app.resolve::<counter>().await.unwrap();
    let client = TestClient::new(app);
    for expected in ["100", "101", "102"] {
        assert_eq!(client.get("/app").send().await.text(), expected);
    }
    assert_eq!(counter.load(Ordering::Relaxed), 103);
}

#[tokio::test]
async fn what_nobody_had_asked_for_at_the_start_is_not_built_later() {
    #[dependency(scope = "app")]
    fn late() -> u8 {
        1
    }

    let app = App::new();
    app.start().await.unwrap();
    let error = app.resolve::<late>().await.unwrap_err();
    assert!(error.to_string().contains("call `App::build_at_start` with it"), "{error}");
    let app = App::new().build_at_start::<late>();
    app.start().await.unwrap();
    assert_eq!(*app.resolve::<late>().await.unwrap(), 1);
}

#[tokio::test]
async fn an_app_scoped_dependency_that_fails_stops_the_start_and_exits_what_was_built() {
    #[dependency(scope = "app", exit = close)]
    fn first(journal: State<Journal>) -> Resource {
        Resource((*journal).clone(), "first")
    }
    #[dependency(scope = "app")]
    async fn second(_first: Depends<first>) -> Result<u8, HttpError> {
        Err(Meltdown)?
    }
    #[get("/")]
    async fn index(_second: Depends<second>) -> &'static str {
        "never"
    }

    let (journal, mut entries) = Journal::new();
    let error = App::new().state(journal).routes(routes![index]).start().await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("`second`") && message.contains("`index`") && message.contains("melted"),
        "{message}"
    );
    assert_eq!(entries.now(), ["first closed: success"]);
}

#[tokio::test]
async fn a_state_that_is_missing_stops_the_start_with_the_chain_that_wants_it() {
    struct Pool;
    #[dependency]
    fn session(_pool: State<Pool>) {}
    #[dependency]
    fn user(_session: Depends<session>) {}
    #[get("/")]
    async fn index(_user: Depends<user>) -> &'static str {
        "never"
    }

    let message = App::new().routes(routes![index]).start().await.unwrap_err().to_string();
    for part in ["`index`", "Pool", "`_user` -> `_session` -> `_pool`", "App::state", file!()] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[tokio::test]
async fn routes_of_two_routers_that_collide_stop_the_start() {
    #[get("/b/c")]
    async fn first() {}
    #[get("/c")]
    async fn second() {}

    let app = App::new()
        .router(Router::new("/a").routes(routes![first]))
        .router(Router::new("/a/b").routes(routes![second]));
    let message = app.start().await.unwrap_err().to_string();
    for part in ["`first`", "`second`", "GET /a/b/c", file!()] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[tokio::test]
async fn overrides_replace_a_dependency_and_all_below_it() {
    #[dependency]
    fn instead(q: Query<u32>) -> u32 {
        *q + 1000
    }
    let (app, mut entries) = app();
    let value = TestClient::new(app.clone().override_dependency::<limit>(|| 7));
    assert_eq!(value.get("/rejected").send().await.text(), "14");
    let other = TestClient::new(app.clone().override_dependency_with::<limit, instead>());
    assert_eq!(other.get("/rejected?q=1").send().await.text(), "2002");
    assert_eq!(other.get("/rejected?limit=1").send().await.status(), 422);
    assert_eq!(entries.now(), [""; 0]);
    assert_eq!(TestClient::new(app).get("/rejected?limit=1").send().await.text(), "2");
}

#[dependency(scope = "app")]
fn pool() -> String {
    String::from("real")
}

#[tokio::test]
async fn what_stands_in_for_an_app_scoped_dependency_is_app_scoped_wherever_it_is_asked_for() {
    static BUILT: AtomicU32 = AtomicU32::new(0);
    #[dependency(scope = "app")]
    fn fake() -> String {
        String::from("fake")
    }
    #[dependency]
    fn plain() -> String {
        format!("built {}", BUILT.fetch_add(1, Ordering::Relaxed) + 1)
    }
    #[dependency(scope = "app")]
    fn above(pool: Depends<pool>) -> String {
        pool.to_string()
    }
    #[dependency]
    fn of_a_request(q: Query<String>) -> String {
        q.into_inner()
    }
    #[get("/pool")]
    async fn index(pool: Depends<pool>, above: Depends<above>) -> String {
        format!("{}, {}", *pool, *above)
    }
    let app = App::new().routes(routes![index]);

    let faked = app.clone().override_dependency_with::<pool, fake>();
    assert_eq!(*faked.resolve::<pool>().await.unwrap(), "fake");

    let client = TestClient::new(app.clone().override_dependency_with::<pool, plain>());
    for _ in 0..2 {
        assert_eq!(client.get("/pool").send().await.text(), "built 1, built 1");
    }

    let message = app.override_dependency_with::<pool, of_a_request>().start().await.unwrap_err().to_string();
    assert!(message.contains("takes a value of a request through `pool` -> `q`"), "{message}");
}

#[tokio::test]
async fn an_exit_of_function_scope_may_still_change_the_reply_of_a_request_that_succeeds() {
    #[dependency(scope = "function", exit = end)]
    fn signature(reply: Reply) -> Reply {
        reply
    }
    async fn end(reply: &Reply, _: &Outcome) {
        reply.set_status(StatusCode::CREATED);
        reply.set_header(header::ETAG, HeaderValue::from_static("\"v1\""));
    }
    #[get("/")]
    async fn index(_signature: Depends<signature>, fails: Query<Option<bool>>) -> Result<(), HttpError> {
        if fails.is_some() { Err(HttpError::new(StatusCode::CONFLICT, ())) } else { Ok(()) }
    }

    let client = TestClient::new(App::new().routes(routes![index]));
    let reply = client.get("/").send().await;
    assert_eq!((reply.status(), reply.header("etag")), (StatusCode::CREATED, Some("\"v1\"")));
    let reply = client.get("/?fails=true").send().await;
    assert_eq!((reply.status(), reply.header("etag")), (StatusCode::CONFLICT, None));
}

/// As a transaction that all requests of a test share.
#[tokio::test]
async fn an_app_scoped_dependency_may_stand_in_for_one_of_a_request() {
    #[dependency(scope = "function", exit = commit)]
    fn transaction(journal: State<Journal>) -> Journal {
        Journal::clone(&journal)
    }
    async fn commit(journal: &Journal, _: &Outcome) {
        journal.write("commit");
    }
    #[dependency(scope = "app", exit = roll_back)]
    fn shared(journal: State<Journal>) -> Journal {
        journal.write("begin");
        Journal::clone(&journal)
    }
    async fn roll_back(journal: &Journal, _: &Outcome) {
        journal.write("roll back");
    }
    #[get("/")]
    async fn index(transaction: Depends<transaction>) {
        transaction.write("in it");
    }

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![index]);
    let client = TestClient::new(app.override_dependency_with::<transaction, shared>());
    for _ in 0..2 {
        assert_eq!(client.get("/").send().await.status(), 200);
    }
    client.stop().await.unwrap();
    assert_eq!(entries.now(), ["begin", "in it", "in it", "roll back"]);
}

#[tokio::test]
async fn overrides_that_cannot_be_stop_the_start() {
    #[dependency]
    fn around(twice: Depends<twice>) -> u32 {
        *twice
    }
    let (circle, _entries) = app();
    let message = circle.override_dependency_with::<limit, around>().start().await.unwrap_err().to_string();
    let expected = "the override `around` of `limit` ends up depending on itself: `limit` -> `twice` -> `limit` of `optional`";
    assert!(message.starts_with(expected), "{message}");

    #[dependency]
    fn asks(_required: SecurityScopes, _limit: Depends<limit>) {}
    #[get("/scoped")]
    async fn scoped(#[param(scopes("read"))] _asks: Depends<asks>) {}
    let circle = App::new().state(Journal::new().0).routes(routes![scoped]);
    let message = circle.override_dependency_with::<limit, around>().start().await.unwrap_err().to_string();
    assert!(message.contains("ends up depending on itself"), "{message}");

    #[dependency]
    fn of_a_request(n: Query<u32>) -> Arc<AtomicU32> {
        Arc::new(AtomicU32::new(*n))
    }
    let (too_early, _entries) = app();
    let message =
        too_early.override_dependency_with::<base, of_a_request>().start().await.unwrap_err().to_string();
    let expected = "the override `of_a_request` of `base` takes a value of a request through `counter` -> `base` -> `n` of `uses_app_scope`";
    assert!(message.starts_with(expected), "{message}");

    #[dependency]
    fn of_json(n: Json<u32>) -> u32 {
        *n
    }
    #[get("/stream-last")]
    async fn stream_last(_limit: Depends<limit>, _body: Extract<epilogue::Body>) {}
    #[get("/stream-first")]
    async fn stream_first(_body: Extract<epilogue::Body>, _limit: Depends<limit>) {}
    for route in [routes![stream_last], routes![stream_first]] {
        let (app, _entries) = app();
        let twice = app.routes(route).override_dependency_with::<limit, of_json>();
        let message = twice.start().await.unwrap_err().to_string();
        assert!(message.contains("uses the body twice"), "{message}");
    }
}

#[tokio::test]
async fn a_value_whose_decoding_panics_is_a_500_and_what_was_entered_is_exited() {
    struct Explosive;
    impl<'de> serde::Deserialize<'de> for Explosive {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("on purpose")
        }
    }
    #[dependency]
    fn below(_explosive: Query<Explosive>) {}
    #[get("/own")]
    async fn own(_outer: Depends<outer>, _explosive: Query<Explosive>) {}
    #[get("/below")]
    async fn in_dependency(_outer: Depends<outer>, _below: Depends<below>) {}

    let (journal, mut entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![own, in_dependency]));
    for path in ["/own", "/below"] {
        assert_eq!(client.get(path).send().await.status(), 500, "{path}");
        assert_eq!(entries.now(), ["outer", "outer closed: panic"], "{path}");
    }
}

#[tokio::test]
async fn one_of_several_bodies_may_have_a_default() {
    #[post("/")]
    async fn create(title: Json<String>, #[param(default = vec![])] tags: Json<Vec<String>>) -> String {
        format!("{} {:?}", *title, *tags)
    }

    let client = TestClient::new(App::new().routes(routes![create]));
    let only_title = serde_json::json!({ "title": "x" });
    assert_eq!(client.post("/").json(&only_title).send().await.text(), "x []");
    let both = serde_json::json!({ "title": "x", "tags": ["a"] });
    assert_eq!(client.post("/").json(&both).send().await.text(), r#"x ["a"]"#);
    assert_eq!(client.post("/").json(&[1]).send().await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_output_that_is_dropped_with_a_word_lives_to_the_end_of_its_request() {
    struct Permit(Journal);
    impl Drop for Permit {
        fn drop(&mut self) {
            self.0.write("released");
        }
    }
    #[dependency]
    fn permit(journal: State<Journal>) -> Permit {
        Permit(Journal::clone(&journal))
    }
    #[dependency]
    fn reads(_permit: Depends<permit>) -> u32 {
        1
    }
    #[dependency]
    fn reads_too(_permit: Depends<permit>, first: Depends<reads>) -> u32 {
        *first + 1
    }
    #[get("/")]
    async fn index(second: Depends<reads_too>, journal: State<Journal>) -> String {
        journal.write("path function");
        second.to_string()
    }

    let (journal, mut entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![index]));
    assert_eq!(client.get("/").send().await.text(), "2");
    assert_eq!(entries.now(), ["path function", "released"]);
}

#[tokio::test]
async fn a_tuple_takes_what_the_prefix_of_its_router_has_too() {
    #[get("/items/{item}")]
    async fn read(#[param(from_prefix)] both: Path<(String, u8)>) -> String {
        format!("{} {}", both.0.0, both.0.1)
    }

    let router = Router::new("/shops/{shop}").routes(routes![read]);
    let client = TestClient::new(App::new().router(router));
    assert_eq!(client.get("/shops/corner/items/3").send().await.text(), "corner 3");
}

#[tokio::test]
async fn json_and_a_form_may_both_be_missing() {
    #[post("/")]
    async fn add(item: Json<Option<u8>>, name: Form<Option<String>>) -> String {
        format!("{:?} {:?}", *item, *name)
    }

    let client = TestClient::new(App::new().routes(routes![add]));
    assert_eq!(client.post("/").json(&3).send().await.text(), "Some(3) None");
}

#[dependency(scope = "app")]
async fn fails_late(other: State<Arc<tokio::sync::Notify>>) -> Result<u8, HttpError> {
    other.notified().await;
    Err(Meltdown)?
}

#[dependency(scope = "app")]
async fn fails_early(other: State<Arc<tokio::sync::Notify>>) -> Result<u8, HttpError> {
    other.notify_one();
    Err(Meltdown)?
}

#[tokio::test]
async fn of_several_that_cannot_be_built_the_first_in_order_is_told() {
    let app = App::new()
        .state(Arc::<tokio::sync::Notify>::default())
        .build_at_start::<fails_early>()
        .build_at_start::<fails_late>();
    let error = app.start().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the app-scoped dependency `fails_early`, which `App::build_at_start` needs through `fails_early`, could not be built: melted"
    );
}

#[dependency(scope = "app")]
fn fails_in_words() -> Result<u8, Denied> {
    Err(Denied)
}

#[tokio::test]
async fn an_app_scoped_dependency_that_fails_is_told_with_its_own_error_and_the_line_of_the_route() {
    #[get("/")]
    async fn index(user: Depends<fails_in_words>) -> String {
        user.to_string()
    }
    let line = line!() - 3;

    let error = App::new().routes(routes![index]).start().await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the app-scoped dependency `fails_in_words`, which `index` ({}:{line}) needs through `user`, could not be built: \
             403 Forbidden: denied",
            file!()
        )
    );
}

#[get("/exact")]
async fn exact(#[param(gt = 9_007_199_254_740_992, le = 9_007_199_254_740_993)] n: Query<u64>) -> String {
    n.to_string()
}

/// Limits that a float could not hold.
#[tokio::test]
async fn limits_are_as_exact_as_they_are_written() {
    let client = TestClient::new(App::new().routes(routes![exact]));
    assert_eq!(client.get("/exact?n=9007199254740993").send().await.text(), "9007199254740993");
    let refused = client.get("/exact?n=9007199254740992").send().await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[dependency]
fn repository<T: Default + Send + Sync + 'static, const N: usize>() -> Vec<T> {
    Vec::with_capacity(N)
}

#[get("/repositories")]
async fn repositories(
    _names: Depends<Fresh<repository<String, 1>>>,
    _same: Depends<repository<String, 1>>,
    _ages: Depends<repository<Option<u32>, 2>>,
) {
}

#[test]
fn the_graph_tells_generic_dependencies_apart() {
    let graph = App::new().routes(routes![repositories]).graph();
    let labels: Vec<_> = graph.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(labels, ["GET /repositories", "repository<String, 1>", "repository<Option<u32>, 2>"]);
    // A bare `<String, 1>` is a tag to Mermaid, which leaves it out.
    let drawn = graph.to_mermaid();
    assert!(drawn.contains(r##"n1(["repository#lt;String, 1#gt;"])"##), "{drawn}");
    assert!(drawn.contains(r##"n2(["repository#lt;Option#lt;u32#gt;, 2#gt;"])"##), "{drawn}");
}

#[dependency]
fn held<T: ?Sized + Send + Sync + 'static>(value: State<Arc<T>>) -> Arc<T> {
    Arc::clone(&value)
}

#[tokio::test]
async fn a_generic_dependency_may_be_of_a_type_without_a_size() {
    #[get("/name")]
    async fn name(name: Depends<held<str>>) -> String {
        name.to_string()
    }
    let client = TestClient::new(App::new().state(Arc::<str>::from("ferris")).routes(routes![name]));
    assert_eq!(client.get("/name").send().await.text(), "ferris");
}

#[tokio::test]
async fn an_empty_default_is_none_although_shorter_than_what_may_be_sent() {
    #[get("/search")]
    async fn search(#[param(default = "".into(), min_length = 3)] q: Query<String>) -> String {
        q.into_inner()
    }
    let client = TestClient::new(App::new().routes(routes![search]));
    assert_eq!(client.get("/search").send().await.text(), "");
    assert_eq!(client.get("/search?q=ab").send().await.status(), 422);
}

#[tokio::test]
async fn a_panic_of_the_reply_is_one_of_the_request() {
    struct Unsayable;
    impl serde::Serialize for Unsayable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("on purpose")
        }
    }
    #[get("/async")]
    async fn later(_inner: Depends<inner>) -> Json<Unsayable> {
        Json(Unsayable)
    }
    #[get("/sync")]
    fn now(_inner: Depends<inner>) -> Json<Unsayable> {
        Json(Unsayable)
    }
    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![later, now]);
    let app =
        app.on_error(|panic: &epilogue::Panicked, _| (StatusCode::BAD_GATEWAY, panic.message().to_owned()));
    let client = TestClient::new(app);
    for path in ["/async", "/sync"] {
        let response = client.get(path).send().await;
        assert_eq!((response.status().as_u16(), response.text()), (502, "on purpose".into()), "{path}");
        assert_eq!(entries.now(), ["outer", "inner", "inner closed: panic", "outer closed: panic"], "{path}");
    }
}

/// rustc would not know which `cfg` a `use` means.
#[tokio::test]
async fn a_dependency_may_have_the_name_of_a_macro_of_the_prelude() {
    #[dependency]
    fn cfg() -> u8 {
        1
    }
    #[dependency]
    fn above(cfg: Depends<cfg>) -> u8 {
        *cfg + 1
    }
    #[get("/", dependencies(cfg))]
    async fn index(cfg: Option<Depends<cfg>>, fresh: Depends<Fresh<cfg>>, above: Depends<above>) -> String {
        format!("{:?} {} {}", cfg.as_deref(), *fresh, *above)
    }
    let client = TestClient::new(App::new().routes(routes![index]));
    assert_eq!(client.get("/").send().await.text(), "Some(1) 1 2");
}

mod greetings {
    use epilogue::prelude::*;

    #[dependency]
    pub(super) fn greeting() -> String {
        String::from("hello")
    }

    #[dependency]
    pub(super) fn shouted(greeting: Depends<greeting>) -> String {
        greeting.to_uppercase()
    }

    #[get("/")]
    pub(super) async fn greet(
        greeting: Depends<greeting>,
        shouted: &Depends<shouted>,
        absent: Option<Depends<greeting>>,
    ) -> String {
        format!("{} {} {}", *greeting, **shouted, absent.is_some())
    }
}

/// They stay as they were written, wherever they are called from.
#[tokio::test]
async fn functions_are_called_with_plain_values_from_another_module() {
    let greeting = Depends::new(greetings::shouted(Depends::new(greetings::greeting())));
    let greeted = greetings::greet(Depends::new(String::from("hi")), &greeting, None).await;
    assert_eq!(greeted, "hi HELLO false");
}

/// Which dependency it holds is said where the struct is named.
#[tokio::test]
async fn a_struct_may_be_generic_over_a_dependency() {
    #[derive(Dependency)]
    struct Both<D> {
        once: Depends<D>,
        again: Option<Depends<D>>,
    }
    #[dependency]
    fn number() -> u32 {
        1
    }
    #[get("/")]
    async fn index(both: Depends<Both<number>>) -> String {
        format!("{} {:?}", *both.once, both.again.as_deref())
    }
    let client = TestClient::new(App::new().routes(routes![index]));
    assert_eq!(client.get("/").send().await.text(), "1 Some(1)");
}

/// Each of the dependencies takes the one before it.
macro_rules! chain {
    ($first:ident $($others:ident)*) => {
        #[dependency]
        fn $first(start: Query<u32>) -> u32 {
            *start
        }

        chain!(@ $first $($others)*);
    };
    (@ $last:ident) => {
        #[get("/chain")]
        async fn ends_a_chain(last: Depends<$last>) -> String {
            last.to_string()
        }
    };
    (@ $below:ident $name:ident $($others:ident)*) => {
        #[dependency]
        fn $name(below: Depends<$below>) -> u32 {
            *below + 1
        }

        chain!(@ $name $($others)*);
    };
}

chain! {
    d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 d10 d11 d12 d13 d14 d15
    d16 d17 d18 d19 d20 d21 d22 d23 d24 d25 d26 d27 d28 d29 d30 d31
    d32 d33 d34 d35 d36 d37 d38 d39 d40 d41 d42 d43 d44 d45 d46 d47
    d48 d49 d50 d51 d52 d53 d54 d55 d56 d57 d58 d59 d60 d61 d62 d63
}

#[tokio::test]
async fn a_chain_may_be_long() {
    let client = TestClient::new(App::new().routes(routes![ends_a_chain]));
    assert_eq!(client.get("/chain?start=7").send().await.text(), "70");
}

/// The limits of a generic struct's fields are those of each type that it is used with.
#[tokio::test]
async fn the_fields_of_a_generic_struct_have_limits() {
    #[derive(Deserialize)]
    struct Page<T> {
        limit: u32,
        of: Option<T>,
    }
    #[derive(Dependency)]
    struct Paging<T> {
        #[param(fields(limit(le = 100)))]
        page: Query<Page<T>>,
    }
    #[dependency]
    fn limit_of<T: DeserializeOwned + Send + Sync + 'static>(
        #[param(fields(limit(le = 100)))] page: Query<Page<T>>,
    ) -> u32 {
        page.limit + u32::from(page.of.is_some())
    }
    type Paged<T> = Query<Page<T>>;
    #[dependency]
    fn limit_of_alias<T: DeserializeOwned + Send + Sync + 'static>(
        #[param(fields(limit(le = 100)))] page: Paged<T>,
    ) -> u32 {
        page.limit + u32::from(page.of.is_some())
    }
    #[get("/alias")]
    async fn of_alias(limit: Depends<limit_of_alias<u8>>) -> String {
        limit.to_string()
    }
    #[get("/struct")]
    async fn of_struct(paging: Depends<Paging<u8>>) -> String {
        format!("{} {:?}", paging.page.limit, paging.page.of)
    }
    #[get("/function")]
    async fn of_function(limit: Depends<limit_of<u8>>) -> String {
        limit.to_string()
    }
    let client = TestClient::new(App::new().routes(routes![of_struct, of_function, of_alias]));
    assert_eq!(client.get("/struct?limit=100&of=1").send().await.text(), "100 Some(1)");
    assert_eq!(client.get("/function?limit=100&of=1").send().await.text(), "101");
    assert_eq!(client.get("/alias?limit=100&of=1").send().await.text(), "101");
    for path in ["/struct", "/function", "/alias"] {
        assert_eq!(client.get(&format!("{path}?limit=101")).send().await.status(), 422, "{path}");
    }
}

/// A bound may name the lifetime of what a call lends.
#[tokio::test]
async fn a_type_may_use_what_is_borrowed() {
    trait Count<'a> {
        fn count(&self, tasks: &'a BackgroundTasks) -> usize;
    }
    #[derive(Default)]
    struct All;
    impl<'a> Count<'a> for All {
        fn count(&self, tasks: &'a BackgroundTasks) -> usize {
            tasks.len()
        }
    }
    #[dependency]
    fn count<'a, T: Count<'a> + Default + Send + Sync + 'static>(tasks: &'a BackgroundTasks) -> usize {
        T::default().count(tasks)
    }
    #[dependency]
    async fn counted<'a, T>(tasks: &'a BackgroundTasks) -> usize
    where
        T: Count<'a> + Default + Send + Sync + 'static,
    {
        T::default().count(tasks)
    }
    #[get("/")]
    async fn index(count: Depends<count<All>>, counted: Depends<counted<All>>) -> String {
        format!("{} {}", *count, *counted)
    }
    let client = TestClient::new(App::new().routes(routes![index]));
    assert_eq!(client.get("/").send().await.text(), "0 0");
}

/// `Self` in a field's type is the struct, as in that of any struct.
#[tokio::test]
async fn a_struct_may_name_itself() {
    trait Limited {
        type Limit;
        const PARTS: usize;
    }
    #[dependency]
    fn name<T: ?Sized + 'static>() -> &'static str {
        std::any::type_name::<T>()
    }
    #[derive(Dependency)]
    struct Plain {
        limit: Query<<Self as Limited>::Limit>,
        parts: Json<[u8; Self::PARTS]>,
        name: Depends<name<[Self]>>,
    }
    impl Limited for Plain {
        type Limit = u8;
        const PARTS: usize = 2;
    }
    #[derive(Dependency)]
    struct Generic<T: Send + Sync + 'static> {
        limit: Query<<Self as Limited>::Limit>,
        name: Depends<name<T>>,
    }
    impl<T: Send + Sync> Limited for Generic<T> {
        type Limit = u8;
        const PARTS: usize = 0;
    }
    #[derive(Dependency)]
    struct Page<T: Send + Sync + 'static> {
        #[param(default = Self::SIZE, ge = 1)]
        size: Query<usize>,
        #[param(default = Self::default_of(2))]
        number: Usize,
        of: Depends<name<T>>,
    }
    type Usize = Query<usize>;
    impl<T: Send + Sync> Page<T> {
        const SIZE: usize = size_of::<T>();

        fn default_of(number: usize) -> usize {
            number
        }
    }
    #[get("/page")]
    async fn page(page: Depends<Page<u16>>) -> String {
        format!("{} {} {}", page.size, page.number, *page.of)
    }
    #[post("/")]
    async fn index(plain: Depends<Plain>, generic: Depends<Generic<u8>>) -> String {
        let Plain { limit, parts, name } = &*plain;
        let is_of_plain = name.ends_with("Plain]");
        format!("{limit} {} {is_of_plain} {} {}", parts.len(), generic.limit, *generic.name)
    }
    let client = TestClient::new(App::new().routes(routes![index, page]));
    let reply = client.post("/?limit=1").json(&[1, 2]).send().await;
    assert_eq!(reply.text(), "1 2 true 1 u8");
    assert_eq!(client.get("/page").send().await.text(), "2 2 u16");
    assert_eq!(client.get("/page?size=3").send().await.text(), "3 2 u16");
}
