//! `#[task]` makes a struct with the function's name, so that the arguments are given by name.

use epilogue::prelude::*;

#[derive(serde::Serialize)]
struct Message {
    message: &'static str,
}

/// Tried again when it fails, up to three times; each attempt may take ten seconds.
#[task(retries = 3, timeout = "10s")]
async fn write_notification(email: String, message: String) -> std::io::Result<()> {
    tokio::fs::write("log.txt", format!("notification for {email}: {message}\n")).await
}

#[post("/send-notification/{email}")]
async fn send_notification(email: Path<String>, tasks: &BackgroundTasks) -> Json<Message> {
    tasks.add(write_notification { email: email.into_inner(), message: "some notification".into() });
    Json(Message { message: "Notification sent in the background" })
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    App::new().routes(routes![send_notification]).serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_notification_is_queued_and_then_written() {
        let tasks = BackgroundTasks::new();
        send_notification(Path("foo@example.com".into()), &tasks).await;

        let queued = tasks.pending();
        assert_eq!((queued.len(), queued[0].retries), (1, 3));

        assert!(tasks.run_all().await.failed.is_empty());
        let log = std::fs::read_to_string("log.txt").unwrap();
        assert_eq!(log, "notification for foo@example.com: some notification\n");
    }
}
