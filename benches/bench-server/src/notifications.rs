//! Tasks of a dependency and of the path function: two, and a hundred.

use bench_work::{MANY, Message, SENT};
use epilogue::Routes;
use epilogue::prelude::*;

async fn write_line(line: String) {
    bench_work::write_line(line);
}

#[dependency]
fn query(tasks: &BackgroundTasks, q: Query<Option<String>>) -> Option<String> {
    if let Some(q) = &*q {
        tasks.add_task(write_line, (bench_work::about_query(q),));
    }
    q.into_inner()
}

#[post("/send-notification/{email}")]
async fn send_notification(
    email: Path<String>,
    tasks: &BackgroundTasks,
    _q: Depends<query>,
) -> Json<Message> {
    tasks.add_task(write_line, (bench_work::about_email(&email),));
    Json(SENT)
}

#[post("/send-many/{email}")]
async fn send_many(email: Path<String>, tasks: &BackgroundTasks, _q: Depends<query>) -> Json<Message> {
    for number in 0..MANY {
        tasks.add_task(write_line, (bench_work::about_message(number, &email),));
    }
    Json(SENT)
}

pub(crate) fn routes() -> Routes {
    routes![send_notification, send_many]
}
