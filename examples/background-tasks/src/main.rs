//! A path function and its dependency both queue tasks on the request's one list; they run after the reply.

use epilogue::prelude::*;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;

#[derive(serde::Serialize)]
struct Message {
    message: &'static str,
}

async fn write_log(message: String) -> std::io::Result<()> {
    let mut log = OpenOptions::new().create(true).append(true).open("log.txt").await?;
    log.write_all(message.as_bytes()).await?;
    log.flush().await
}

#[dependency]
fn get_query(tasks: &BackgroundTasks, q: Query<Option<String>>) -> Option<String> {
    if let Some(q) = &*q {
        tasks.add_task(write_log, (format!("found query: {q}\n"),));
    }
    q.into_inner()
}

#[post("/send-notification/{email}")]
async fn send_notification(
    email: Path<String>,
    tasks: &BackgroundTasks,
    _q: Depends<get_query>,
) -> Json<Message> {
    tasks.add_task(write_log, (format!("message to {}\n", *email),));
    Json(Message { message: "Message sent" })
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    App::new().routes(routes![send_notification]).serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_query_is_logged_before_the_message() {
        _ = std::fs::remove_file("log.txt"); // of an earlier run

        let tasks = BackgroundTasks::new();
        let query = get_query(&tasks, Query(Some("some-query".into())));
        let reply = send_notification(Path("foo@example.com".into()), &tasks, Depends::new(query)).await;
        assert_eq!(reply.message, "Message sent");

        assert!(tasks.run_all().await.failed.is_empty());
        let log = std::fs::read_to_string("log.txt").unwrap();
        assert_eq!(log, "found query: some-query\nmessage to foo@example.com\n");
    }
}
