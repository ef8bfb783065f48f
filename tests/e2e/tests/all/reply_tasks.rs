//! The tasks that a reply carries, whoever made the reply.

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Gate, Journal, Served, request};

async fn write(journal: Journal, line: &'static str) {
    journal.write(line);
}

#[task]
async fn note(line: String, journal: Depends<journal>) {
    journal.write(line);
}

#[dependency(scope = "app")]
fn journal(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

#[tokio::test]
async fn a_reply_carries_a_task_with_named_arguments_too() {
    #[post("/")]
    async fn notes() -> Background {
        let note = |line: &str| note { line: line.into() };
        Background::add(note("first")).and_add(note("second")).name("second note")
    }

    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![notes]).build_at_start::<self::journal>();
    let reply = TestClient::new(app).post("/").send().await;
    let names: Vec<_> = reply.tasks().iter().map(|task| &*task.name).collect();
    assert_eq!(names, ["note", "second note"]);
    assert_eq!(entries.now(), ["first", "second"]);
}

#[get("/page")]
async fn page() -> &'static str {
    "page"
}

#[post("/order")]
async fn order(tasks: &BackgroundTasks, journal: State<Journal>) -> &'static str {
    tasks.add_task(write, ((*journal).clone(), "of the function"));
    "order"
}

/// A layer that replies to some requests itself, and one that adds a task to each reply that passes.
fn with_tasks_of_layers(app: App, journal: &Journal) -> App {
    let (own, added) = (journal.clone(), journal.clone());
    app.layer(tower::layer::layer_fn(move |app| {
        let own = own.clone();
        let handler = async || (Background::task(write, (own, "of a handler")), "own");
        axum::Router::new().route("/own", axum::routing::get(handler)).fallback_service(app)
    }))
    .layer(axum::middleware::map_response(move |reply: epilogue::Response| {
        let added = added.clone();
        async move {
            // Part of the reply: it comes after the tasks that the reply already has.
            (Background::task(write, (added, "of a layer")), reply)
        }
    }))
}

/// Sorted, because a layer's tasks are a batch of their own.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[tokio::test]
async fn the_tasks_of_a_reply_run_whoever_has_made_it() {
    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal.clone()).routes(routes![page, order]);
    let handler = journal.clone();
    let app = app.on_error(move |error: &HttpError, _parts| {
        (error.status(), Background::task(write, (handler.clone(), "of an error handler")))
    });
    let plain = [
        ("GET", "/page", vec![]),
        ("POST", "/order", vec!["of the function"]),
        ("GET", "/unknown", vec!["of an error handler"]),
        ("PUT", "/order", vec!["of an error handler"]),
    ];
    let layered = [
        ("GET", "/page", vec!["of a layer"]),
        ("POST", "/order", vec!["of a layer", "of the function"]),
        ("GET", "/own", vec!["of a handler", "of a layer"]),
        ("GET", "/unknown", vec!["of a layer", "of an error handler"]),
    ];
    for (app, rows) in [(app.clone(), plain), (with_tasks_of_layers(app, &journal), layered)] {
        let client = TestClient::new(app.clone());
        for (method, path, lines) in &rows {
            let reply = client.request(method.parse().unwrap(), path).send().await;
            assert_eq!(reply.tasks().len(), lines.len(), "{method} {path}");
            assert_eq!(sorted(entries.now()), *lines, "{method} {path}");
        }
        let served = Served::new(app.clone()).await;
        for (method, path, lines) in &rows {
            served.send(request(method, path)).await;
            assert_eq!(sorted(entries.take(lines.len()).await), *lines, "{method} {path}");
        }
        served.stop().await.unwrap();
        assert_eq!(entries.now(), [""; 0]);
    }
}

/// A request that is refused for overload must not add to it.
#[tokio::test]
async fn at_the_limit_the_tasks_of_an_error_handler_are_dropped() {
    #[post("/waits")]
    async fn waits(tasks: &BackgroundTasks, gate: State<Gate>) {
        tasks.add_task(async move |gate: State<Gate>| gate.pass().await, (gate,));
    }

    let ((journal, mut entries), gate) = (Journal::new(), Gate::default());
    let app = App::new().state(gate.clone()).routes(routes![waits]).tasks(TaskLimits::default().pending(1));
    let app = app.on_error(move |error: &HttpError, _parts| {
        let tasks = Background::task(write, (journal.clone(), "dropped"));
        (error.status(), tasks.and(write, (journal.clone(), "always")).always())
    });
    let client = TestClient::new(app.clone());
    assert_eq!(client.post("/waits").reply_only().await.status(), StatusCode::OK);
    let refused = client.post("/waits").send().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(entries.now(), ["always"]);
    assert_eq!(app.task_stats().discarded, 1);
    gate.open();
}
