//! `#[task]`s: named arguments, retries, and dependencies that are there when they run.

use std::sync::atomic::{AtomicU32, Ordering};

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::Journal;

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
