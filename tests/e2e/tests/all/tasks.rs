//! `#[task]`s: named arguments, retries, and dependencies that are there when the tasks run.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Gate, Journal, settle};

#[dependency(scope = "app")]
fn post_office(journal: State<Journal>) -> Journal {
    (*journal).clone()
}

#[task]
async fn send(to: String, post_office: Depends<post_office>, text: String) {
    post_office.write(format!("to {to}: {text}"));
}

#[post("/send/{to}")]
async fn sends(to: Path<String>, tasks: &BackgroundTasks) -> &'static str {
    tasks.add(send { to: to.into_inner(), text: "hello".into() });
    "sent"
}

#[tokio::test]
async fn a_task_takes_app_scoped_dependencies_when_it_runs() {
    let (journal, mut entries) = Journal::new();
    let app = App::new().state(journal).routes(routes![sends]).build_at_start::<post_office>();
    let client = TestClient::new(app);
    let response = client.post("/send/ann").send().await;
    assert_eq!(response.tasks()[0].name, "send");
    assert!(response.failed_tasks().is_empty());
    assert_eq!(entries.now(), ["to ann: hello"]);
}

#[test]
fn a_task_is_data_by_the_names_of_its_arguments() {
    let task = send { to: "ann".into(), text: "hello".into() };
    let data = serde_json::to_string(&task).unwrap();
    assert_eq!(data, r#"{"to":"ann","text":"hello"}"#);
    let send { to, text } = serde_json::from_str(&data).unwrap();
    assert_eq!([to, text], ["ann", "hello"]);
    let error = serde_json::from_str::<send>("3").err().unwrap();
    assert!(error.to_string().contains("expected the arguments of the task `send`"), "{error}");
}

#[tokio::test]
async fn a_task_takes_what_stands_in_for_its_dependency() {
    #[dependency(scope = "app")]
    fn post_office_of_tests(journals: State<[Journal; 1]>) -> Journal {
        journals[0].clone()
    }
    let (real, mut sent) = Journal::new();
    let (tests, mut entries) = Journal::new();
    let app = App::new().state(real).state([tests]).routes(routes![sends]).build_at_start::<post_office>();
    let client = TestClient::new(app.override_dependency_with::<post_office, post_office_of_tests>());
    client.post("/send/ann").send().await;
    assert_eq!((sent.now().len(), entries.now()), (0, vec!["to ann: hello".to_owned()]));
}

/// Its dependency would not be built the next time either.
#[tokio::test(start_paused = true)]
async fn a_task_whose_dependency_was_not_built_is_not_tried_again() {
    #[task(retries = 2)]
    async fn resend(post_office: Depends<post_office>) -> Result<(), String> {
        post_office.write("resent");
        Ok(())
    }

    #[post("/resend")]
    async fn resends(tasks: &BackgroundTasks) {
        tasks.add(resend {});
    }

    let (journal, _entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![resends]));
    let response = client.post("/resend").send().await;
    assert_eq!(response.failed_tasks()[0].attempts, 1, "{:?}", response.failed_tasks());
}

#[tokio::test]
async fn a_task_whose_dependency_was_not_built_fails_and_says_so() {
    let (journal, _entries) = Journal::new();
    let client = TestClient::new(App::new().state(journal).routes(routes![sends]));
    let response = client.post("/send/ann").send().await;
    assert!(response.failed_tasks()[0].message.contains("`post_office`"), "{:?}", response.failed_tasks());
    assert!(
        response.failed_tasks()[0].message.contains("App::build_at_start"),
        "{:?}",
        response.failed_tasks()
    );
}

#[derive(Debug, thiserror::Error)]
#[error("the mail was not sent")]
struct NotSent(#[source] NoRoute);

#[derive(Debug, thiserror::Error)]
#[error("no route to {0}")]
struct NoRoute(&'static str);

#[task]
async fn sends_nothing() -> Result<(), NotSent> {
    Err(NotSent(NoRoute("host")))
}

#[task]
fn sends_nothing_either() -> Result<(), NotSent> {
    Err(NotSent(NoRoute("post")))
}

/// Shows its cause only in the alternate form, as `anyhow::Error` does.
#[derive(Debug)]
struct NoError;

impl std::fmt::Display for NoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if f.alternate() { "no error: no cause" } else { "no error" })
    }
}

#[task]
async fn fails_otherwise() -> Result<(), NoError> {
    Err(NoError)
}

#[post("/fail")]
async fn fail(tasks: &BackgroundTasks) {
    tasks.add(sends_nothing {});
    tasks.add(sends_nothing_either {});
    tasks.add(fails_otherwise {});
    tasks.add_task(async || Err(std::io::Error::other(NotSent(NoRoute("disk")))), ());
    tasks.add_task(
        async || Err(Box::<dyn std::error::Error + Send + Sync>::from(NotSent(NoRoute("box")))),
        (),
    );
}

#[tokio::test]
async fn an_error_is_told_with_its_causes() {
    let response = TestClient::new(App::new().routes(routes![fail])).post("/fail").send().await;
    let told: Vec<_> = response.failed_tasks().iter().map(|task| &*task.message).collect();
    assert_eq!(
        told,
        [
            "the mail was not sent: no route to host",
            "the mail was not sent: no route to post",
            "no error: no cause",
            "the mail was not sent: no route to disk",
            "the mail was not sent: no route to box",
        ]
    );
}

#[task]
async fn never_returns() -> ! {
    panic!("not here")
}

#[task]
fn never_returns_either() -> ! {
    panic!("nor here")
}

#[post("/never")]
async fn never(tasks: &BackgroundTasks) {
    tasks.add(never_returns {});
    tasks.add(never_returns_either {});
}

#[tokio::test]
async fn a_task_may_be_a_function_that_never_returns() {
    let response = TestClient::new(App::new().routes(routes![never])).post("/never").send().await;
    let failed: Vec<_> = response.failed_tasks().iter().map(|task| &*task.name).collect();
    assert_eq!(failed, ["never_returns", "never_returns_either"]);
}

static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

#[task(retries = 2)]
fn fails_twice(journal_line: String) -> Result<(), String> {
    if ATTEMPTS.fetch_add(1, Ordering::Relaxed) < 2 { Err(journal_line) } else { Ok(()) }
}

#[post("/retried")]
async fn retried(tasks: &BackgroundTasks) -> &'static str {
    tasks.add(fails_twice { journal_line: "not yet".into() });
    "queued"
}

#[tokio::test(start_paused = true)]
async fn a_task_is_retried_as_its_macro_says() {
    let client = TestClient::new(App::new().routes(routes![retried]));
    assert!(client.post("/retried").send().await.failed_tasks().is_empty());
    assert_eq!(ATTEMPTS.load(Ordering::Relaxed), 3);
}

/// As when a request spawns something that outlives it.
#[tokio::test]
async fn what_is_added_through_a_list_that_outlives_its_request_runs_too() {
    #[get("/")]
    async fn spawns(tasks: BackgroundTasks, gate: State<Gate>, journal: State<Journal>) {
        tokio::spawn(async move {
            gate.pass().await;
            tasks.add_task(async move || journal.write("late"), ());
        });
    }

    let (journal, mut entries) = Journal::new();
    let gate = Gate::default();
    let client = TestClient::new(App::new().state(journal).state(gate.clone()).routes(routes![spawns]));
    assert!(client.get("/").send().await.tasks().is_empty());
    gate.open();
    settle().await;
    client.stop().await.unwrap();
    assert_eq!(entries.now(), ["late"]);
}

static TRIES: AtomicU32 = AtomicU32::new(0);

#[task(retries = 3, timeout = "30s")]
async fn hangs() -> Result<(), String> {
    TRIES.fetch_add(1, Ordering::Relaxed);
    std::future::pending().await
}

#[task(retries = 1)]
async fn panics() -> Result<(), String> {
    TRIES.fetch_add(10, Ordering::Relaxed);
    panic!("on purpose");
}

#[task(retries = 1, retry_on_panic)]
async fn panics_again() {
    TRIES.fetch_add(100, Ordering::Relaxed);
    panic!("on purpose");
}

#[task(always)]
async fn audits() {
    TRIES.fetch_add(1_000, Ordering::Relaxed);
}

#[post("/defaults")]
async fn defaults(tasks: &BackgroundTasks) -> Result<(), HttpError> {
    tasks.add(audits {});
    tasks.add(hangs {}).always();
    tasks.add(hangs {}).always().timeout(Duration::from_secs(90)).name("hangs longer");
    tasks.add(panics {}).always();
    tasks.add(panics_again {}).always();
    Err(HttpError::new(StatusCode::CONFLICT, "on purpose"))
}

/// Only an error is tried again: not a panic, unless that was asked for, and not a task that ran out of time.
#[tokio::test(start_paused = true)]
async fn the_options_of_a_task_are_its_defaults() {
    let begun = tokio::time::Instant::now();
    let response = TestClient::new(App::new().routes(routes![defaults])).post("/defaults").send().await;
    let failed = response.failed_tasks().iter().map(|task| (&*task.name, task.attempts, &*task.message));
    assert_eq!(
        failed.collect::<Vec<_>>(),
        [
            ("hangs", 1, "not done within 30s"),
            ("hangs longer", 1, "not done within 90s"),
            ("panics", 1, "on purpose"),
            ("panics_again", 2, "on purpose"),
        ]
    );
    assert_eq!(TRIES.load(Ordering::Relaxed), 1_212);
    // The two timeouts, plus one wait of a second and some jitter.
    assert!((121..123).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}
