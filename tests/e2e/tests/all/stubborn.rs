//! Apps that make life hard for themselves: things that panic where nobody looks, never end, or come too late. The process
//! survives, each request is answered, each dependency is exited, and each task is run or named.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Gate, Journal, Served, request};
use http_body_util::BodyExt;
use tower::ServiceExt;

async fn note(journal: State<Journal>, line: &'static str) {
    journal.write(line);
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a bomb was dropped");
    }
}

struct Session(Journal);

#[dependency(exit = close)]
fn session(journal: State<Journal>) -> Session {
    journal.write("enter");
    Session((*journal).clone())
}

async fn close(session: &Session, _outcome: &Outcome) {
    session.0.write("exit");
}

fn app(routes: epilogue::Routes) -> (App, Entries) {
    let (journal, entries) = Journal::new();
    (App::new().state(journal).routes(routes), entries)
}

/// The statuses of two requests on one connection: the harm of the first must not reach the second.
async fn two(served: &Served, path: &str) -> [u16; 2] {
    let mut client = served.http1().await;
    let mut statuses = [0; 2];
    for status in &mut statuses {
        client.ready().await.expect("the connection lives");
        let reply = client.send_request(request("GET", path)).await.expect("a reply");
        *status = reply.status().as_u16();
        reply.into_body().collect().await.unwrap();
    }
    statuses
}

/// Sorted, because the tasks of one request run while the next one is answered.
fn sorted(entries: &mut Entries) -> Vec<String> {
    let mut lines = entries.now();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_dependency_whose_drop_panics_breaks_nothing() {
    #[dependency]
    fn bomb() -> Bomb {
        Bomb
    }

    #[get("/")]
    async fn drops(
        _session: Depends<session>,
        _bomb: Depends<bomb>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) {
        tasks.add_task(note, (journal, "task"));
    }

    #[get("/plain")]
    async fn plain(_bomb: Depends<bomb>) {}

    #[get("/three", dependencies(mine, second_mine, third_mine))]
    async fn three(_session: Depends<session>, tasks: &BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal, "task"));
    }

    let (app, mut entries) = app(routes![drops, plain, three]);
    let served = Served::new(app).await;
    assert_eq!(two(&served, "/").await, [200, 200]);
    assert_eq!(two(&served, "/plain").await, [200, 200]);
    assert_eq!(two(&served, "/three").await, [200, 200]);
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), [["enter"; 4], ["exit"; 4], ["task"; 4]].concat());
}

/// Panics when it is dropped, even while another panic unwinds, which ends the process.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("a mine was dropped");
    }
}

#[dependency]
fn mine() -> Mine {
    Mine
}

#[dependency]
fn second_mine() -> Mine {
    Mine
}

#[dependency]
fn third_mine() -> Mine {
    Mine
}

#[tokio::test]
async fn a_request_that_is_dropped_with_more_than_one_output_that_panics_does_not_end_the_process() {
    #[get("/", dependencies(mine, second_mine, third_mine))]
    async fn waits(journal: State<Journal>) {
        journal.write("waits");
        std::future::pending::<()>().await;
    }

    let (app, mut entries) = app(routes![waits]);
    let served = Served::new(app).await;
    let mut client = served.connect().await;
    client.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "waits");
    drop(client);
    served.stop().await.unwrap();
}

async fn never_leaves(_mine: &Mine, _outcome: &Outcome) {
    std::future::pending().await
}

#[dependency(exit = never_leaves)]
fn mine_to_leave() -> Mine {
    Mine
}

#[dependency(exit = never_leaves)]
fn another_to_leave() -> Mine {
    Mine
}

#[tokio::test]
async fn exits_that_are_cut_off_with_more_than_one_output_that_panics_do_not_end_the_process() {
    #[get("/", dependencies(mine_to_leave, another_to_leave))]
    async fn replies() {}

    let moment = Duration::from_millis(1);
    let (app, _) = app(routes![replies]);
    let served = Served::new(app.tasks(TaskLimits::default().grace(moment).exit_grace(moment))).await;
    assert_eq!(served.get("/").await.status(), 200);
    let Err(epilogue::Error::Unfinished(report)) = served.stop().await else { panic!("an exit never ends") };
    assert_eq!(report.requests.len(), 1);
}

/// The reply of an axum handler under a layer, if it comes.
async fn reply_of_axum<T: 'static>(
    handler: impl axum::handler::Handler<T, ()>,
) -> Option<http::Response<axum::body::Body>> {
    let layer = epilogue::EpilogueLayer::new(App::new());
    layer.start().await.unwrap();
    let router = axum::Router::new().route("/", axum::routing::get(handler)).layer(layer);
    let request = http::Request::get("/").body(epilogue::Body::empty()).unwrap();
    let reply = tower::ServiceExt::oneshot(router, request);
    tokio::select! {
        biased;
        reply = reply => Some(reply.unwrap()),
        () = tokio::task::yield_now() => None,
    }
}

#[tokio::test]
async fn a_request_of_axum_that_is_dropped_with_such_outputs_does_not_end_the_process_either() {
    async fn waits(first: Depends<mine>, second: Depends<second_mine>) {
        drop((first, second));
        std::future::pending().await
    }

    assert!(reply_of_axum(waits).await.is_none());
}

#[tokio::test]
async fn an_output_within_a_dependency_of_axum_may_panic_before_the_next_one_is_asked_for() {
    #[dependency]
    fn takes_mines(_first: Depends<Fresh<mine>>, _second: Depends<Fresh<second_mine>>) {}

    #[dependency]
    fn next() {}

    async fn handler(_first: Depends<takes_mines>, _next: Depends<next>) {}

    assert_eq!(reply_of_axum(handler).await.expect("a reply").status(), 200);
}

#[dependency]
async fn waits_on_a_mine() {
    let _mine = Mine;
    std::future::pending().await
}

#[dependency]
async fn waits_on_another() {
    let _mine = Mine;
    std::future::pending().await
}

#[tokio::test]
async fn dependencies_that_are_given_up_at_the_same_time_and_panic_do_not_end_the_process() {
    #[dependency]
    fn refuses() -> Result<(), HttpError> {
        Err(HttpError::new(StatusCode::FORBIDDEN, "no"))
    }

    #[dependency]
    async fn says_that_it_waits(journal: State<Journal>) {
        journal.write("waits");
        std::future::pending().await
    }

    #[get("/refused", concurrent)]
    async fn refused(
        _first: Depends<waits_on_a_mine>,
        _second: Depends<waits_on_another>,
        _refuses: Depends<refuses>,
    ) {
    }

    #[get("/left", concurrent)]
    async fn left(
        _first: Depends<waits_on_a_mine>,
        _second: Depends<waits_on_another>,
        _last: Depends<says_that_it_waits>,
    ) {
    }

    let (app, mut entries) = app(routes![refused, left]);
    let served = Served::new(app).await;
    assert_eq!(two(&served, "/refused").await, [403, 403]);
    let mut client = served.connect().await;
    client.write("GET /left HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "waits");
    drop(client);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_panic_whose_payload_panics_when_it_is_dropped_owes_no_exit() {
    async fn explode<T>(_output: &T, _outcome: &Outcome) {
        std::panic::panic_any(Mine)
    }

    #[dependency(exit = explode)]
    fn inner(_session: Depends<session>) {}

    #[dependency(scope = "function", exit = explode)]
    fn of_function(_session: Depends<session>) {}

    #[dependency(blocking)]
    fn on_the_pool(_session: Depends<session>) {
        std::panic::panic_any(Mine)
    }

    #[dependency(scope = "app", exit = close)]
    fn of_app(journal: State<Journal>) -> Session {
        Session((*journal).clone())
    }

    #[dependency(scope = "app", exit = explode)]
    fn of_app_too(_of_app: Depends<of_app>) {}

    #[get("/inner")]
    async fn of_inner(_inner: Depends<inner>) {}
    #[get("/function")]
    async fn of_a_function(_of_function: Depends<of_function>) {}
    #[get("/pool")]
    async fn of_the_pool(_on_the_pool: Depends<on_the_pool>) {}
    #[get("/concurrent", concurrent)]
    async fn of_both(_on_the_pool: Depends<on_the_pool>, _inner: Depends<inner>) {}
    #[get("/own")]
    async fn own(_session: Depends<session>, _of_app: Depends<of_app_too>) {
        std::panic::panic_any(Mine)
    }

    let (app, mut entries) = app(routes![of_inner, of_a_function, of_the_pool, of_both, own]);
    let client = TestClient::new(app.clone());
    for (path, status) in
        [("/inner", 200), ("/function", 500), ("/pool", 500), ("/concurrent", 500), ("/own", 500)]
    {
        assert_eq!(client.get(path).send().await.status(), status, "{path}");
        assert_eq!(entries.now(), ["enter", "exit"], "{path}");
    }
    app.drain().await.unwrap();
    assert_eq!(entries.now(), ["exit"], "of the app");
}

#[tokio::test]
async fn an_error_that_panics_when_it_is_dropped_has_been_answered_by_its_handler() {
    struct Refusal(Bomb);

    impl epilogue::IntoResponse for Refusal {
        fn into_response(self) -> epilogue::Response {
            unreachable!("its handler replies")
        }
    }

    async fn told(session: &Session, outcome: &Outcome) {
        session.0.write(format!("{outcome:?}"));
    }

    #[dependency(exit = told)]
    fn told_session(journal: State<Journal>) -> Session {
        Session((*journal).clone())
    }

    #[get("/")]
    async fn refuses(_session: Depends<told_session>) -> Result<(), Refusal> {
        Err(Refusal(Bomb))
    }

    let (app, mut entries) = app(routes![refuses]);
    let client = TestClient::new(app.on_error(|_: &Refusal, _| StatusCode::IM_A_TEAPOT));
    assert_eq!(client.get("/").send().await.status(), StatusCode::IM_A_TEAPOT);
    let told = entries.now();
    assert!(told[0].starts_with("Failed(") && told[0].ends_with("Refusal)"), "{told:?}");
}

#[tokio::test]
async fn a_reply_that_an_exit_replaces_may_panic_when_it_is_dropped() {
    async fn refuse(session: &Session, _outcome: &Outcome) -> Result<(), HttpError> {
        session.0.write("exit");
        Err(HttpError::new(StatusCode::CONFLICT, "not committed"))
    }

    #[dependency(scope = "function", exit = refuse)]
    fn transaction(session: Depends<session>) -> Session {
        Session(session.0.clone())
    }

    #[get("/")]
    async fn replies(
        _transaction: Depends<transaction>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> epilogue::Body {
        tasks.add_task(note, (journal.clone(), "task"));
        tasks.add_task(note, (journal, "always")).always();
        epilogue::Body::new(Armed(epilogue::Body::empty(), Bomb))
    }

    let (told, mut panics) = Journal::new();
    let (app, mut entries) = app(routes![replies]);
    let served = Served::new(app.on_error(move |_: &Panicked, _| told.write("a panic"))).await;
    assert_eq!(two(&served, "/").await, [409, 409]);
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), ["always", "always", "enter", "enter", "exit", "exit", "exit", "exit"]);
    assert!(panics.is_over().await);
}

/// An error that panics when it is dropped.
#[derive(Debug, thiserror::Error)]
#[error("armed")]
struct ArmedError(Bomb);

#[tokio::test]
async fn an_error_of_an_exit_may_panic_when_it_is_dropped() {
    async fn fail(_: &(), _outcome: &Outcome) -> Result<(), HttpError> {
        Err(ArmedError(Bomb))?
    }

    #[dependency(exit = fail)]
    fn fails(_session: Depends<session>) {}

    #[dependency(scope = "function", exit = fail)]
    fn fails_before(_session: Depends<session>) {}

    #[dependency(scope = "function", exit = fail)]
    fn fails_first(_fails_before: Depends<fails_before>) {}

    #[dependency(scope = "app", exit = close)]
    fn stays(journal: State<Journal>) -> Session {
        Session((*journal).clone())
    }

    #[dependency(scope = "app", exit = fail)]
    fn fails_at_the_end(_stays: Depends<stays>) {}

    #[get("/after")]
    async fn after(_fails: Depends<fails>, _at_the_end: Depends<fails_at_the_end>) {}

    #[get("/before")]
    async fn before(_fails: Depends<fails_first>) {}

    #[get("/own")]
    async fn own() -> Result<(), HttpError> {
        Err(ArmedError(Bomb))?
    }

    #[get("/list")]
    async fn list(tasks: &BackgroundTasks, journal: State<Journal>) -> Result<(), HttpError> {
        tasks.add_task(async move || journal.write("always"), ()).always();
        Err(ArmedError(Bomb))?
    }

    #[get("/empty-list")]
    async fn empty_list(_tasks: &BackgroundTasks) -> Result<(), HttpError> {
        Err(ArmedError(Bomb))?
    }

    let (app, mut entries) = app(routes![after, before, own, list, empty_list]);
    let app = app.on_error(|_: &ArmedError, _| StatusCode::IM_A_TEAPOT);
    let served = Served::new(app).await;
    for (path, status) in [("/after", 200), ("/before", 418)] {
        assert_eq!(two(&served, path).await, [status; 2], "{path}");
    }
    for path in ["/own", "/list", "/empty-list"] {
        assert_eq!(two(&served, path).await, [418; 2], "{path}");
    }
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), [["always"; 2].as_slice(), &["enter"; 4], &["exit"; 5]].concat());
}

#[tokio::test]
async fn an_exit_may_panic_as_well_as_what_it_was_given() {
    async fn explode(_mine: &Mine, _outcome: &Outcome) {
        panic!("an exit")
    }

    #[dependency(exit = explode)]
    fn explodes(_session: Depends<session>) -> Mine {
        Mine
    }

    #[dependency(scope = "function", exit = explode)]
    fn explodes_before(_session: Depends<session>) -> Mine {
        Mine
    }

    #[get("/after", dependencies(explodes))]
    async fn after() {}

    #[get("/before", dependencies(explodes_before))]
    async fn before() {}

    let (app, mut entries) = app(routes![after, before]);
    let served = Served::new(app).await;
    assert_eq!(two(&served, "/after").await, [200, 200]);
    assert_eq!(two(&served, "/before").await, [500, 500]);
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), [["enter"; 4], ["exit"; 4]].concat());
}

#[tokio::test]
async fn a_websocket_may_end_with_what_panics_when_it_is_dropped() {
    struct Refusal;

    impl epilogue::IntoResponse for Refusal {
        fn into_response(self) -> epilogue::Response {
            let explosive = axum::Extension(Explosive(std::sync::Arc::new(Bomb)));
            (StatusCode::CONFLICT, explosive).into_response()
        }
    }

    #[websocket("/")]
    async fn refuses(_socket: WebSocket, _session: Depends<session>) -> Result<(), Refusal> {
        Err(Refusal)
    }

    let (app, mut entries) = app(routes![refuses]);
    let served = Served::new(app).await;
    let client = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let (mut client, _) = tokio_tungstenite::client_async("ws://localhost/", client).await.unwrap();
    while let Some(Ok(_)) = futures_util::StreamExt::next(&mut client).await {}
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["enter", "exit"]);
}

#[tokio::test]
async fn a_websocket_that_is_never_open_may_drop_what_panics() {
    #[dependency]
    fn bomb() -> Bomb {
        Bomb
    }

    #[websocket("/")]
    async fn takes(_socket: WebSocket, _bomb: Depends<bomb>, _session: Depends<session>) {}

    let asks =
        axum::middleware::from_fn(async |request: axum::extract::Request, next: axum::middleware::Next| {
            let (parts, body) = request.into_parts();
            let first = axum::extract::Request::from_parts(parts.clone(), epilogue::Body::empty());
            drop(next.clone().run(first).await);
            next.run(axum::extract::Request::from_parts(parts, body)).await
        });
    let (app, mut entries) = app(routes![takes]);
    let served = Served::new(app.layer(asks)).await;
    let client = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let (mut client, _) = tokio_tungstenite::client_async("ws://localhost/", client).await.unwrap();
    while let Some(Ok(_)) = futures_util::StreamExt::next(&mut client).await {}
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), ["enter", "enter", "exit", "exit"]);
}

#[tokio::test]
async fn an_error_whose_reply_breaks_off_may_panic_when_it_is_dropped() {
    struct BreaksOff;

    impl http_body::Body for BreaksOff {
        type Data = Bytes;
        type Error = &'static str;

        fn poll_frame(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            Poll::Ready(Some(Err("broken off")))
        }
    }

    #[get("/")]
    async fn fails(_session: Depends<session>) -> Result<(), HttpError> {
        Err(ArmedError(Bomb))?
    }

    let (app, mut entries) = app(routes![fails]);
    let app = app.on_error(|_: &ArmedError, _| epilogue::Body::new(BreaksOff));
    let served = Served::new(app).await;
    let reply = served.http1().await.send_request(request("GET", "/")).await.unwrap();
    assert!(reply.into_body().collect().await.is_err());
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["enter", "exit"]);
}

#[tokio::test]
async fn what_a_failed_dependency_of_axum_replaces_may_panic_when_it_is_dropped() {
    #[dependency]
    fn refuses(
        _session: Depends<session>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> Result<(), HttpError> {
        tasks.add_task(note, (journal, "always")).always();
        Err(HttpError::new(StatusCode::UNAUTHORIZED, "who?"))
    }

    async fn handler(_refuses: Depends<refuses>) {}

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal);
    let layer = epilogue::EpilogueLayer::new(app);
    let arms = tower::util::MapResponseLayer::new(|response: epilogue::Response| {
        response.map(|body| epilogue::Body::new(Armed(body, Bomb)))
    });
    let router = axum::Router::new().route("/", axum::routing::get(handler)).layer(arms).layer(layer.clone());
    let request = http::Request::get("/").body(epilogue::Body::empty()).unwrap();
    assert_eq!(tower::ServiceExt::oneshot(router, request).await.unwrap().status(), 401);
    layer.drain().await.unwrap();
    assert_eq!(entries.now(), ["enter", "always", "exit"]);
}

/// Something that a layer has put into the request and nobody else looks after.
#[derive(Clone)]
struct Explosive(#[expect(dead_code, reason = "it is there to be dropped")] std::sync::Arc<Bomb>);

#[tokio::test]
async fn an_extension_whose_drop_panics_breaks_nothing() {
    #[get("/")]
    async fn queues(tasks: &BackgroundTasks, journal: State<Journal>, _session: Depends<session>) {
        tasks.add_task(note, (journal, "task"));
    }

    let (app, mut entries) = app(routes![queues]);
    let explosive = tower::util::MapRequestLayer::new(|mut request: http::Request<epilogue::Body>| {
        request.extensions_mut().insert(Explosive(std::sync::Arc::new(Bomb)));
        request
    });
    let served = Served::new(app.layer(explosive)).await;
    assert_eq!(two(&served, "/").await, [200, 200]);
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), [["enter"; 2], ["exit"; 2], ["task"; 2]].concat());
}

async fn write(journal: Journal, line: &'static str) {
    journal.write(line);
}

#[tokio::test]
async fn what_a_request_without_a_route_leaves_behind_breaks_nothing() {
    let (journal, mut entries) = Journal::new();
    let app = App::new().on_error(move |error: &HttpError, _parts| {
        let explosive = axum::Extension(Explosive(std::sync::Arc::new(Bomb)));
        (error.status(), explosive, Background::task(write, (journal.clone(), "task")))
    });
    let explosives = tower::util::MapRequestLayer::new(|mut request: http::Request<epilogue::Body>| {
        request.extensions_mut().insert(Explosive(std::sync::Arc::new(Bomb)));
        request.map(|body| epilogue::Body::new(Armed(body, Bomb)))
    });
    for app in [app.clone(), app.layer(explosives)] {
        let served = Served::new(app).await;
        assert_eq!(two(&served, "/none").await, [404, 404]);
        served.stop().await.unwrap();
        assert_eq!(entries.now(), ["task"; 2]);
    }
}

/// A body that a layer has put around the request's own, and that nobody reads.
struct Armed(epilogue::Body, Bomb);

impl http_body::Body for Armed {
    type Data = Bytes;
    type Error = <epilogue::Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}

#[tokio::test]
async fn a_request_body_whose_drop_panics_breaks_nothing() {
    #[get("/")]
    async fn queues(tasks: &BackgroundTasks, journal: State<Journal>, _session: Depends<session>) {
        tasks.add_task(note, (journal, "task"));
    }

    #[get("/function")]
    async fn leaves(_within: Depends<within>, tasks: &BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal, "task"));
    }

    #[dependency(scope = "function", exit = close)]
    fn within(journal: State<Journal>) -> Session {
        journal.write("enter");
        Session((*journal).clone())
    }

    let (app, mut entries) = app(routes![queues, leaves]);
    let arms = tower::util::MapRequestLayer::new(|request: http::Request<epilogue::Body>| {
        request.map(|body| epilogue::Body::new(Armed(body, Bomb)))
    });
    let served = Served::new(app.layer(arms)).await;
    for path in ["/", "/function"] {
        let status = served.get(path).await.status();
        assert_eq!(status, 200, "{path}");
    }
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), [["enter"; 2], ["exit"; 2], ["task"; 2]].concat());
}

#[tokio::test]
async fn a_request_body_that_panics_when_it_is_asked_for_its_end_breaks_nothing() {
    struct Unsure(epilogue::Body);

    impl http_body::Body for Unsure {
        type Data = Bytes;
        type Error = <epilogue::Body as http_body::Body>::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            Pin::new(&mut self.0).poll_frame(context)
        }

        fn is_end_stream(&self) -> bool {
            panic!("the end")
        }
    }

    #[get("/")]
    async fn queues(tasks: &BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal, "task"));
    }

    let (app, mut entries) = app(routes![queues]);
    let unsure = tower::util::MapRequestLayer::new(|request: http::Request<epilogue::Body>| {
        request.map(|body| epilogue::Body::new(Unsure(body)))
    });
    let served = Served::new(app.layer(unsure)).await;
    assert_eq!(served.get("/").await.status(), 200);
    assert_eq!(served.get("/none").await.status(), 404);
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["task"]);
}

/// A layer's service, which panics when it is dropped after it has been called.
#[derive(Clone)]
struct Service<S>(S, Option<std::sync::Arc<Bomb>>);

impl<S: tower_service::Service<R>, R> tower_service::Service<R> for Service<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.1 = Some(std::sync::Arc::new(Bomb));
        self.0.call(request)
    }
}

#[tokio::test]
async fn a_service_whose_drop_panics_breaks_nothing() {
    #[get("/")]
    async fn queues(tasks: &BackgroundTasks, journal: State<Journal>, _session: Depends<session>) {
        tasks.add_task(note, (journal, "task"));
    }

    let (app, mut entries) = app(routes![queues]);
    let served = Served::new(app.layer(tower::layer::layer_fn(|inner| Service(inner, None)))).await;
    assert_eq!(two(&served, "/").await, [200, 200]);
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), [["enter"; 2], ["exit"; 2], ["task"; 2]].concat());
}

#[tokio::test]
async fn a_service_of_axum_whose_drop_panics_breaks_nothing() {
    async fn queues(_session: Depends<session>, tasks: BackgroundTasks, journal: axum::Extension<Journal>) {
        let axum::Extension(journal) = journal;
        tasks.add_task(|journal: Journal| journal.write("task"), (journal,));
    }

    let (journal, mut entries) = Journal::new();
    let layer = epilogue::EpilogueLayer::new(App::new().state(journal.clone()));
    let router = axum::Router::new().route("/", axum::routing::get(queues)).layer(axum::Extension(journal));
    let service = tower::Layer::layer(&layer, Service(router, None));
    let request = http::Request::get("/").body(epilogue::Body::empty()).unwrap();
    let reply = tower::ServiceExt::oneshot(service, request).await.unwrap();
    assert_eq!(reply.status(), 200);
    drop(reply);
    layer.drain().await.unwrap();
    assert_eq!(entries.now(), ["enter", "task", "exit"]);
}

#[derive(Debug, thiserror::Error)]
#[error("on purpose")]
struct OnPurpose;

impl epilogue::IntoResponse for OnPurpose {
    fn into_response(self) -> epilogue::Response {
        panic!("an error's own reply")
    }
}

#[tokio::test]
async fn an_error_handler_and_a_reply_that_panic_are_a_500_and_owe_no_exit() {
    struct Unsayable;

    impl epilogue::IntoResponse for Unsayable {
        fn into_response(self) -> epilogue::Response {
            panic!("a reply")
        }
    }

    #[get("/handled")]
    async fn handled(
        _session: Depends<session>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> Result<(), HttpError> {
        tasks.add_task(note, (journal, "always")).always();
        Err(HttpError::new(StatusCode::CONFLICT, "on purpose"))
    }

    #[get("/error")]
    async fn error(_session: Depends<session>) -> Result<(), OnPurpose> {
        Err(OnPurpose)
    }

    #[get("/reply")]
    async fn reply(_session: Depends<session>) -> Unsayable {
        Unsayable
    }

    let (app, mut entries) = app(routes![handled, error, reply]);
    let app = app.on_error(|_error: &HttpError, _parts: RequestParts| -> StatusCode { panic!("a handler") });
    let served = Served::new(app).await;
    for path in ["/handled", "/error", "/reply", "/nowhere"] {
        assert_eq!(two(&served, path).await, [500, 500], "{path}");
    }
    served.stop().await.unwrap();
    let mut expected = vec!["always"; 2];
    expected.extend(["enter"; 6]);
    expected.extend(["exit"; 6]);
    assert_eq!(sorted(&mut entries), expected);
}

/// An error whose text is asked for in vain.
#[derive(Debug)]
struct Speechless;

impl std::fmt::Display for Speechless {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("an error's own text")
    }
}

impl std::error::Error for Speechless {}

#[tokio::test]
async fn an_error_whose_text_panics_keeps_nothing_from_its_end() {
    #[dependency(exit = fail)]
    fn fails(_session: Depends<session>) {}

    async fn fail(_: &(), _outcome: &Outcome) -> Result<(), HttpError> {
        Err(Speechless)?
    }

    #[dependency(scope = "app", exit = fail)]
    fn fails_at_the_end(_stays: Depends<stays>) {}

    #[dependency(scope = "app", exit = close)]
    fn stays(journal: State<Journal>) -> Session {
        Session((*journal).clone())
    }

    #[get("/exit")]
    async fn exit(_fails: Depends<fails>, _at_the_end: Depends<fails_at_the_end>) {}

    #[get("/error")]
    async fn error(tasks: &BackgroundTasks, journal: State<Journal>) -> Result<(), HttpError> {
        tasks.add_task(note, (journal, "always")).always();
        Err(Speechless)?
    }

    let (app, mut entries) = app(routes![exit, error]);
    let app = app.on_error(|error: &HttpError, _parts| (error.status(), "handled"));
    let served = Served::new(app).await;
    assert_eq!(two(&served, "/exit").await, [200, 200]);
    assert_eq!(served.get("/error").await.body(), "handled");
    served.stop().await.unwrap();
    assert_eq!(sorted(&mut entries), ["always", "enter", "enter", "exit", "exit", "exit"]);
}

#[tokio::test]
async fn a_layer_that_panics_is_a_500() {
    #[get("/")]
    async fn plain() {}

    let layer = tower::util::MapResponseLayer::new(|_response: epilogue::Response| -> epilogue::Response {
        panic!("a layer")
    });
    let (app, _entries) = app(routes![plain]);
    let served = Served::new(app.layer(layer)).await;
    assert_eq!(two(&served, "/").await, [500, 500]);
    served.stop().await.unwrap();
}

#[tokio::test]
async fn a_layer_that_panics_when_it_is_cloned_is_a_500() {
    struct Uncloneable<S>(S);

    impl<S> Clone for Uncloneable<S> {
        fn clone(&self) -> Self {
            panic!("a clone")
        }
    }

    impl<R, S: tower_service::Service<R>> tower_service::Service<R> for Uncloneable<S> {
        type Response = S::Response;
        type Error = S::Error;
        type Future = S::Future;

        fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
            self.0.poll_ready(context)
        }

        fn call(&mut self, request: R) -> S::Future {
            self.0.call(request)
        }
    }

    #[get("/")]
    async fn plain() {}

    let (app, _entries) = app(routes![plain]);
    let served = Served::new(app.layer(tower::layer::layer_fn(Uncloneable))).await;
    assert_eq!(two(&served, "/").await, [500, 500]);
    // The other requests of its connection are not lost with it.
    let mut client = served.http2().await;
    for _ in 0..2 {
        assert_eq!(client.send_request(request("GET", "/")).await.unwrap().status(), 500);
    }
    served.stop().await.unwrap();
}

#[tokio::test]
async fn an_exit_of_the_app_that_panics_holds_up_no_other() {
    #[dependency(scope = "app", exit = told)]
    fn first(journal: State<Journal>) -> Session {
        Session((*journal).clone())
    }

    async fn told(session: &Session, _outcome: &Outcome) {
        session.0.write("first is exited");
    }

    #[dependency(scope = "app", exit = panics)]
    fn second(_first: Depends<first>) {}

    async fn panics(_second: &(), _outcome: &Outcome) {
        panic!("on purpose");
    }

    #[get("/")]
    async fn uses(_second: Depends<second>) {}

    let (app, mut entries) = app(routes![uses]);
    let served = Served::new(app).await;
    assert_eq!(served.get("/").await.status(), 200);
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["first is exited"]);
}

#[tokio::test]
async fn an_output_of_the_app_whose_drop_panics_changes_nothing_of_its_end() {
    #[dependency(scope = "app", exit = told)]
    fn bomb(journal: State<Journal>) -> (Bomb, Journal) {
        (Bomb, (*journal).clone())
    }

    async fn told((_bomb, journal): &(Bomb, Journal), _outcome: &Outcome) {
        journal.write("bomb is exited");
    }

    #[get("/")]
    async fn uses(_bomb: Depends<bomb>) {}

    let (app, mut entries) = app(routes![uses]);
    let served = Served::new(app).await;
    assert_eq!(served.get("/").await.status(), 200);
    served.stop().await.unwrap();
    assert_eq!(entries.now(), ["bomb is exited"]);
}

/// A task that adds itself again never lets its batch end.
#[tokio::test]
async fn tasks_that_add_tasks_for_ever_end_with_the_grace() {
    fn again(tasks: BackgroundTasks) {
        let more = tasks.clone();
        tasks.add_task(
            async move || {
                tokio::task::yield_now().await;
                again(more);
            },
            (),
        );
    }

    #[get("/")]
    async fn starts(tasks: BackgroundTasks, journal: State<Journal>) {
        tasks.add_task(note, (journal, "begun"));
        again(tasks);
    }

    let (app, mut entries) = app(routes![starts]);
    let app = app.tasks(TaskLimits::default().grace(Duration::from_millis(50)));
    let served = Served::new(app.clone()).await;
    served.get("/").await;
    assert_eq!(entries.next().await, "begun");
    let error = served.stop().await.unwrap_err();
    let epilogue::Error::Unfinished(report) = &error else { panic!("{error}") };
    let stats = app.task_stats();
    assert_eq!(report.abandoned.len() as u64, stats.abandoned);
    assert_eq!((stats.queued, stats.running, stats.batches), (0, 0, 0));
    assert_eq!(stats.accepted(), stats.ran() + stats.abandoned);
    assert!(stats.succeeded > 1 && stats.abandoned >= 1, "{stats:?}");
}

/// Times so long that adding them to a clock overflows.
#[tokio::test]
async fn the_longest_times_are_no_time_too_long() {
    #[get("/")]
    async fn queues(tasks: &BackgroundTasks, journal: State<Journal>, gate: State<Gate>) {
        tasks.add_task(async move |gate: State<Gate>| gate.pass().await, (gate,)).timeout(Duration::MAX);
        tasks.add_task(note, (journal, "done"));
    }

    let (app, mut entries) = app(routes![queues]);
    let gate = Gate::default();
    let limits =
        TaskLimits::default().grace(Duration::MAX).exit_grace(Duration::MAX).retry_after(Duration::MAX);
    let app = app.state(gate.clone()).tasks(limits);
    let served = Served::with(app, |server| {
        server.header_read_timeout(Duration::MAX).body_read_timeout(Duration::MAX)
    })
    .await;
    assert_eq!(served.get("/").await.status(), 200);
    let stopping = tokio::spawn(served.stop());
    gate.open();
    stopping.await.unwrap().unwrap();
    assert_eq!(entries.now(), ["done"]);
}

/// The exits' own time is added to the deadline of a drain.
#[tokio::test]
async fn the_longest_time_for_exits_does_not_break_a_deadline() {
    #[get("/")]
    async fn hangs(tasks: &BackgroundTasks, _session: Depends<session>) {
        tasks.add_task(std::future::pending::<()>, ());
    }

    let (app, mut entries) = app(routes![hangs]);
    let app = app.tasks(TaskLimits::default().grace(Duration::from_millis(10)).exit_grace(Duration::MAX));
    let served = Served::new(app).await;
    served.get("/").await;
    assert!(matches!(served.stop().await, Err(epilogue::Error::Unfinished(_))));
    assert_eq!(entries.now(), ["enter", "exit"]);
}

#[tokio::test]
async fn what_comes_after_the_drain_is_run_and_a_second_drain_finds_it() {
    #[get("/")]
    async fn queues(tasks: &BackgroundTasks, journal: State<Journal>, _session: Depends<session>) {
        tasks.add_task(note, (journal, "task"));
    }

    let (app, mut entries) = app(routes![queues]);
    app.drain().await.unwrap();
    for _ in 0..2 {
        drop(app.clone().oneshot(request("GET", "/")).await.unwrap());
        app.drain().await.unwrap();
    }
    assert_eq!(entries.now(), ["enter", "task", "exit", "enter", "task", "exit"]);
    assert_eq!((app.task_stats().succeeded, app.task_stats().accepted()), (2, 2));
}

struct Pool(Journal);

#[dependency(scope = "app", exit = close_pool)]
async fn pool(journal: State<Journal>) -> Pool {
    journal.write("open");
    Pool((*journal).clone())
}

async fn close_pool(pool: &Pool, _outcome: &Outcome) {
    pool.0.write("close");
}

#[tokio::test]
async fn app_scoped_dependencies_are_exited_once_however_often_the_app_is_drained() {
    let (app, mut entries) = app(routes![]);
    let app = app.build_at_start::<pool>();
    app.start().await.unwrap();
    app.drain().await.unwrap();
    app.drain().await.unwrap();
    assert_eq!(entries.now(), ["open", "close"]);
}

#[tokio::test]
async fn exits_of_the_app_go_on_when_who_waited_is_gone_and_another_waits_for_them() {
    struct Slow(Journal, Gate);

    #[dependency(scope = "app", exit = close_slowly)]
    async fn slow(journal: State<Journal>, gate: State<Gate>) -> Slow {
        Slow((*journal).clone(), (*gate).clone())
    }

    async fn close_slowly(slow: &Slow, _outcome: &Outcome) {
        slow.0.write("closing");
        slow.1.pass().await;
        slow.0.write("closed");
    }

    let (app, mut entries) = app(routes![]);
    let gate = Gate::default();
    let app = app.state(gate.clone()).build_at_start::<slow>().build_at_start::<pool>();
    app.start().await.unwrap();
    tokio::select! {
        _ = app.drain() => panic!("the gate is closed"),
        lines = entries.take(3) => assert_eq!(lines, ["open", "close", "closing"]),
    }
    let waiting = tokio::spawn({
        let app = app.clone();
        async move { app.drain().await }
    });
    epilogue_e2e::settle().await;
    assert!(!waiting.is_finished());
    gate.open();
    waiting.await.unwrap().unwrap();
    assert_eq!(entries.now(), ["closed"]);
}

#[tokio::test]
async fn a_start_that_fails_is_begun_again_only_by_who_still_waits() {
    struct Cache;

    #[dependency(scope = "app")]
    async fn cache(journal: State<Journal>, gate: State<Gate>) -> Result<Cache, HttpError> {
        journal.write("tried");
        gate.pass().await;
        Err(HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "down"))
    }

    let (app, mut entries) = app(routes![]);
    let gate = Gate::default();
    let app = app.state(gate.clone()).build_at_start::<cache>();
    for _ in 0..5 {
        tokio::select! {
            _ = app.start() => panic!("the gate is closed"),
            () = epilogue_e2e::settle() => {}
        }
    }
    gate.open();
    app.start().await.unwrap_err();
    assert_eq!(entries.now(), ["tried"]);
    app.start().await.unwrap_err();
    assert_eq!(entries.now(), ["tried"], "by the last one");
}

#[tokio::test]
async fn an_app_that_was_changed_has_nothing_of_an_earlier_start() {
    #[get("/")]
    async fn reads(_gate: State<Gate>) {}

    let (app, _entries) = app(routes![reads]);
    tokio::select! {
        biased;
        _ = app.start() => panic!("it has only begun"),
        () = std::future::ready(()) => {}
    }
    epilogue_e2e::settle().await;
    app.state(Gate::default()).start().await.unwrap();
}

#[tokio::test]
async fn an_exit_of_function_scope_that_runs_at_the_deadline_has_its_grace() {
    struct Commit(Journal, Gate);

    #[dependency(scope = "function", exit = end)]
    fn commit(journal: State<Journal>, gate: State<Gate>) -> Commit {
        Commit((*journal).clone(), (*gate).clone())
    }

    async fn end(commit: &Commit, _outcome: &Outcome) {
        commit.0.write("commit");
        commit.1.pass().await;
        commit.0.write("committed");
    }

    #[get("/")]
    async fn commits(_commit: Depends<commit>) {}

    let (app, mut entries) = app(routes![commits]);
    let gate = Gate::default();
    let limits = TaskLimits::default().grace(Duration::from_millis(10)).exit_grace(Duration::MAX);
    let served = Served::new(app.state(gate.clone()).tasks(limits)).await;
    let mut client = served.connect().await;
    client.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(entries.next().await, "commit");
    let stopping = tokio::spawn(served.stop());
    // The deadline has come: the request is cut off with its connection.
    assert_eq!(client.read_to_end().await, "");
    gate.open();
    assert_eq!(entries.next().await, "committed");
    assert!(matches!(stopping.await.unwrap(), Err(epilogue::Error::Unfinished(_))));
}

#[tokio::test]
async fn a_start_goes_on_when_the_request_that_began_it_is_gone() {
    struct Cache;

    #[dependency(scope = "app")]
    async fn cache(_pool: Depends<pool>, gate: State<Gate>) -> Cache {
        gate.pass().await;
        Cache
    }

    #[get("/")]
    async fn index(_cache: Depends<cache>) {}

    let (app, mut entries) = app(routes![index]);
    let gate = Gate::default();
    let app = app.state(gate.clone());
    let client = TestClient::new(app.clone());
    tokio::select! {
        reply = client.get("/").send() => panic!("answered too early: {}", reply.status()),
        line = entries.next() => assert_eq!(line, "open"),
    }
    gate.open();
    assert_eq!(client.get("/").send().await.status(), 200);
    app.drain().await.unwrap();
    assert_eq!(entries.now(), ["close"], "it was opened once");
}

/// The app and its client are gone before what was queued has run.
#[tokio::test]
async fn what_was_queued_runs_although_the_app_is_dropped() {
    #[get("/")]
    async fn queues(
        tasks: &BackgroundTasks,
        journal: State<Journal>,
        gate: State<Gate>,
        _session: Depends<session>,
    ) {
        tasks.add_task(async move |gate: State<Gate>| gate.pass().await, (gate,));
        tasks.add_task(note, (journal, "task"));
    }

    let (app, mut entries) = app(routes![queues]);
    let gate = Gate::default();
    let client = TestClient::new(app.state(gate.clone()));
    let response = client.get("/").reply_only().await;
    drop((client, response));
    gate.open();
    assert_eq!(entries.take(3).await, ["enter", "task", "exit"]);
    // The last one that could write is gone, and with it everything of the app.
    assert!(entries.is_over().await);
}

/// If its runtime ends in the middle of a drain, nothing hangs or panics.
#[test]
fn a_runtime_may_end_while_it_drains() {
    #[get("/")]
    async fn hangs(tasks: &BackgroundTasks, journal: State<Journal>, _session: Depends<session>) {
        tasks.add_task(note, (journal, "begun"));
        tasks.add_task(std::future::pending::<()>, ());
    }

    let (app, mut entries) = app(routes![hangs]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let served = Served::new(app.clone()).await;
        served.get("/").await;
        assert_eq!(entries.take(2).await, ["enter", "begun"]);
        tokio::spawn(served.stop());
        while app.task_stats().running == 0 {
            tokio::task::yield_now().await;
        }
    });
    drop(runtime);
    let stats = app.task_stats();
    assert_eq!((stats.queued, stats.running, stats.abandoned), (0, 0, 1), "{stats:?}");
}

#[dependency(scope = "app")]
async fn broken() -> Result<u8, HttpError> {
    Err(HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "down"))
}

#[tokio::test]
async fn what_cannot_be_resolved_keeps_no_app_from_its_start() {
    let (app, _entries) = app(routes![]);
    app.resolve::<broken>().await.unwrap_err();
    app.start().await.unwrap();
}

#[tokio::test]
async fn a_layer_that_panics_as_it_is_put_around_the_app_is_an_error_for_all_who_start_it() {
    let (app, mut entries) = app(routes![]);
    let app = app.build_at_start::<pool>();
    let app = app.layer(tower::layer::layer_fn(|inner: epilogue::Layered| {
        if true {
            panic!("on purpose");
        }
        inner
    }));
    let told = "the app could not start, most likely because of a layer that was put around it: it panicked: on purpose";
    let (first, second) = tokio::join!(app.start(), app.start());
    assert_eq!(first.unwrap_err().to_string(), told);
    assert_eq!(second.unwrap_err().to_string(), told);
    assert_eq!(app.resolve::<pool>().await.err().unwrap().to_string(), told);
    assert_eq!(app.clone().serve("127.0.0.1:0").await.unwrap_err().to_string(), told);
    assert_eq!(app.oneshot(request("GET", "/")).await.unwrap().status(), 500);
    assert_eq!(entries.now(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn neither_a_start_nor_an_exit_that_never_ends_is_waited_for_for_ever() {
    #[dependency(scope = "app")]
    async fn never() {
        std::future::pending().await
    }
    #[dependency(scope = "app", exit = stay)]
    fn stays() {}
    async fn stay(_: &(), _: &Outcome) {
        std::future::pending().await
    }
    #[dependency(scope = "app")]
    async fn broken_too(_stays: Depends<stays>) -> Result<u8, HttpError> {
        Err(HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "down"))
    }

    let (never_started, _entries) = app(routes![]);
    let never_started = never_started.build_at_start::<never>();
    tokio::select! {
        _ = never_started.start() => panic!("it never ends"),
        () = epilogue_e2e::settle() => {}
    }
    let ended = within_a_day(never_started.drain()).await.unwrap_err();
    assert!(matches!(ended, epilogue::Error::Start(epilogue::StartError::Stopped)), "{ended:?}");

    let (failing, _entries) = app(routes![]);
    let ended = within_a_day(failing.build_at_start::<broken_too>().start()).await.unwrap_err();
    assert!(matches!(ended, epilogue::StartError::Dependency { dependency: "broken_too", .. }), "{ended:?}");
}

/// What waits in vain, and then is no longer polled: as in a `select!` that goes on in one of its branches.
async fn asleep<F: Future>(future: F) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    tokio::select! {
        _ = &mut future => panic!("it ends"),
        () = epilogue_e2e::settle() => future,
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_start_and_is_no_longer_polled_holds_up_nobody() {
    #[dependency(scope = "app")]
    async fn gated(gate: State<Gate>) {
        gate.pass().await;
    }

    let gated_app = |gate: &Gate| App::new().state(gate.clone()).build_at_start::<gated>();

    let gate = Gate::default();
    let app = gated_app(&gate);
    let _asleep = asleep(app.start()).await;
    let second = asleep(app.start()).await;
    gate.open();
    within_a_day(second).await.unwrap();

    let gate = Gate::default();
    let layer = epilogue::EpilogueLayer::new(gated_app(&gate));
    let _asleep = asleep(layer.start()).await;
    let second = asleep(layer.start()).await;
    gate.open();
    within_a_day(second).await.unwrap();

    let app = gated_app(&Gate::default());
    let _asleep = asleep(app.start()).await;
    let ended = within_a_day(app.drain()).await.unwrap_err();
    assert!(matches!(ended, epilogue::Error::Start(epilogue::StartError::Stopped)), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_built_by_a_start_that_is_given_up_is_exited() {
    struct Half(Journal);

    impl Drop for Half {
        fn drop(&mut self) {
            self.0.write("half dropped");
        }
    }

    #[dependency(scope = "app")]
    async fn never(pool: Depends<pool>) {
        let _bomb = Bomb;
        let _half = Half(pool.0.clone());
        std::future::pending().await
    }

    let (app, mut entries) = app(routes![]);
    let app = app.build_at_start::<never>();
    let starting = tokio::spawn({
        let app = app.clone();
        async move { app.start().await }
    });
    assert_eq!(entries.next().await, "open");
    let ended = within_a_day(app.drain()).await.unwrap_err();
    assert!(matches!(ended, epilogue::Error::Start(epilogue::StartError::Stopped)), "{ended:?}");
    assert_eq!(entries.now(), ["half dropped", "close"]);
    // Whoever waits for the start is told too.
    assert!(matches!(within_a_day(starting).await.unwrap(), Err(epilogue::StartError::Stopped)));
}

async fn within_a_day<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_hours(24), future).await.expect("it ends")
}

#[tokio::test]
async fn drains_at_a_time_start_nothing() {
    let (app, mut entries) = app(routes![]);
    let app = app.build_at_start::<pool>();
    let (first, second, third) = tokio::join!(app.drain(), app.drain(), app.drain());
    first.and(second).and(third).unwrap();
    assert_eq!(entries.now(), [""; 0]);
}

/// A body that panics outside of `poll_frame`.
struct Grudge {
    panics_in: &'static str,
    left: Option<Bytes>,
}

impl Grudge {
    fn panic_in(&self, place: &str) {
        assert!(self.panics_in != place || std::thread::panicking(), "on purpose, in {place}");
    }
}

impl http_body::Body for Grudge {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.left.take().map(|piece| Ok(http_body::Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.panic_in("is_end_stream");
        false
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.panic_in("size_hint");
        http_body::SizeHint::default()
    }
}

impl Drop for Grudge {
    fn drop(&mut self) {
        self.panic_in("drop");
    }
}

fn grudge(panics_in: &'static str) -> epilogue::Response {
    epilogue::Response::new(epilogue::Body::new(Grudge { panics_in, left: Some("whole".into()) }))
}

#[tokio::test]
async fn such_a_body_of_an_error_handler_is_sent_too() {
    for panics_in in ["drop", "is_end_stream", "size_hint"] {
        let (app, _) = app(routes![]);
        let app = app.on_error(move |_: &HttpError, _parts| grudge(panics_in));
        let served = Served::new(app).await;
        assert_eq!(two(&served, "/unknown").await, [200, 200], "{panics_in}");
        assert_eq!(served.get("/unknown").await.body(), "whole", "{panics_in}");
        served.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_body_that_panics_where_it_is_not_read_is_sent_all_the_same() {
    #[get("/{place}")]
    async fn replies(
        place: Path<String>,
        tasks: &BackgroundTasks,
        journal: State<Journal>,
    ) -> epilogue::Response {
        tasks.add_task(note, (journal, "task"));
        let panics_in = match place.as_str() {
            "is_end_stream" => "is_end_stream",
            "size_hint" => "size_hint",
            _ => "drop",
        };
        if *place == "extension" {
            let mut reply = epilogue::Response::new("whole".into());
            reply.extensions_mut().insert(Explosive(std::sync::Arc::new(Bomb)));
            return reply;
        }
        grudge(panics_in)
    }

    for is_layered in [false, true] {
        let (app, mut entries) = app(routes![replies]);
        let layer = tower_http::set_header::SetResponseHeaderLayer::overriding(
            http::HeaderName::from_static("x-layer"),
            http::HeaderValue::from_static("1"),
        );
        let served = Served::new(if is_layered { app.layer(layer) } else { app }).await;
        for path in ["/drop", "/is_end_stream", "/size_hint", "/extension"] {
            assert_eq!(two(&served, path).await, [200, 200], "{path}");
            assert_eq!(served.get(path).await.body(), "whole", "{path}");
            let mut client = served.http2().await;
            let reply = client.send_request(request("GET", path)).await.expect("a reply");
            assert_eq!(reply.into_body().collect().await.expect("a body").to_bytes(), "whole", "{path}");
            assert_eq!(entries.take(4).await, ["task"; 4], "{path}");
        }
        served.stop().await.unwrap();
    }
}
