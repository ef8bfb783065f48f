//! The routes of the benchmark, as a user of Epilogue would write them.

mod graph;
mod notifications;

use bench_work::{Item, Message, NewUser, SENT, Stats, User};
use epilogue::prelude::*;

#[get("/plain")]
async fn plain() -> &'static str {
    "Hello"
}

#[get("/items/{id}")]
async fn item(id: Path<u64>, q: Query<Option<String>>) -> Json<Item> {
    Json(Item { id: *id, q: q.into_inner() })
}

#[post("/users", status = 201)]
async fn create_user(user: Json<NewUser>) -> Result<Json<User>, HttpError> {
    user.check().map_err(|rule| HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, rule))?;
    Ok(Json(user.into_inner().store()))
}

#[get("/stats")]
async fn stats() -> Json<Stats> {
    Json(bench_work::stats())
}

async fn note(number: usize) {
    bench_work::note(number);
}

#[post("/delay/{id}")]
async fn delay(id: Path<usize>, tasks: &BackgroundTasks) -> Json<Message> {
    tasks.add_task(note, (*id,));
    Json(SENT)
}

#[get("/delay-log")]
async fn delay_log(n: Query<usize>) -> String {
    bench_work::marks(*n)
}

async fn burn(milliseconds: u64) {
    bench_work::burn(milliseconds);
}

#[post("/slow/{ms}")]
async fn slow(ms: Path<u64>, mode: Query<Option<String>>, tasks: &BackgroundTasks) -> Json<Message> {
    if mode.as_deref() == Some("blocking") {
        tasks.add_task(bench_work::burn, (*ms,));
    } else {
        tasks.add_task(burn, (*ms,));
    }
    Json(SENT)
}

/// All of them.
pub fn app() -> App {
    let other = routes![plain, item, create_user, stats, delay, delay_log, slow];
    App::new().routes(graph::routes()).routes(notifications::routes()).routes(other)
}
