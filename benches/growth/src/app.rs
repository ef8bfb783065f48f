use std::time::Duration;

use epilogue::prelude::*;
use tokio::sync::Notify;

#[get("/plain")]
async fn plain() -> &'static str {
    "Hello"
}

async fn nothing(_number: usize) {}

#[post("/tasks")]
async fn many(count: Query<usize>, tasks: &BackgroundTasks) -> &'static str {
    for number in 0..*count {
        tasks.add_task(nothing, (number,));
    }
    "Hello"
}

static NEVER: Notify = Notify::const_new();

async fn never_done(_number: usize) {
    NEVER.notified().await;
}

#[post("/pending")]
async fn pending(count: Query<usize>, tasks: &BackgroundTasks) -> &'static str {
    for number in 0..*count {
        tasks.add_task(never_done, (number,));
    }
    "Hello"
}

/// An app with this many routes beside those that are measured.
pub(crate) fn with_routes(count: usize) -> App {
    let limits = TaskLimits::default().pending(1_000_000).grace(Duration::ZERO).exit_grace(Duration::ZERO);
    let app =
        App::new().tasks(limits).routes(routes![plain, many, pending]).routes(crate::dependencies::routes());
    // One for every hundred names of a kind, as in a real app.
    (0..count).fold(app, |app, number| {
        app.router(Router::new(format!("/group{}/things{number}", number / 100)).routes(routes![plain]))
    })
}
