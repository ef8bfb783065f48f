//! `bg001` and `bg002`: the pages on background tasks of `FastAPI`'s tutorial.

use std::io;

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::files::Files;

pub(crate) fn router() -> Router {
    Router::new("")
        .router(Router::new("/bg001").routes(routes![send_notification]))
        .router(Router::new("/bg002").routes(routes![send_logged_notification]))
}

#[derive(JsonSchema, Serialize)]
struct Message {
    message: &'static str,
}

fn write_notification(files: State<Files>, email: String, message: &'static str) -> io::Result<()> {
    files.overwrite("bg001.txt", &format!("notification for {email}: {message}"))
}

#[post("/send-notification/{email}")]
async fn send_notification(
    email: Path<String>,
    tasks: &BackgroundTasks,
    files: State<Files>,
) -> Json<Message> {
    tasks.add_task(write_notification, (files, email.into_inner(), "some notification"));
    Json(Message { message: "Notification sent in the background" })
}

fn write_log(files: State<Files>, line: String) -> io::Result<()> {
    files.append("bg002.txt", &line)
}

#[dependency]
fn get_query(tasks: &BackgroundTasks, files: State<Files>, q: Query<Option<String>>) -> Option<String> {
    let q = q.into_inner().filter(|q| !q.is_empty());
    if let Some(q) = &q {
        tasks.add_task(write_log, (files, format!("found query: {q}\n")));
    }
    q
}

#[post("/send-notification/{email}")]
async fn send_logged_notification(
    email: Path<String>,
    tasks: &BackgroundTasks,
    files: State<Files>,
    _q: Depends<get_query>,
) -> Json<Message> {
    tasks.add_task(write_log, (files, format!("message to {}\n", *email)));
    Json(Message { message: "Message sent" })
}
