use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::probe::Done;
use crate::tasks::{FailedTask, TaskInfo};

/// A reply as a [`TestClient`](super::TestClient) got it, with what became of the request's tasks.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::testing::TestClient;
///
/// #[post("/orders", status = 201)]
/// async fn order(tasks: &BackgroundTasks) -> Json<[u32; 2]> {
///     tasks.add_task(async || Err("no stock"), ()).name("reserve");
///     Json([1, 2])
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let reply = TestClient::new(App::new().routes(routes![order])).post("/orders").send().await;
/// assert_eq!(reply.status(), StatusCode::CREATED);
/// assert_eq!(reply.json::<Vec<u32>>(), [1, 2]);
/// assert_eq!(reply.tasks()[0].name, "reserve");
/// assert_eq!(reply.failed_tasks()[0].message, "no stock");
/// # }
/// ```
#[derive(Debug)]
pub struct TestResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) broken: Option<axum_core::Error>,
    pub(super) tasks: Vec<TaskInfo>,
    pub(super) tasks_end: TasksEnd,
}

#[derive(Debug)]
pub(super) enum TasksEnd {
    ToCome(oneshot::Receiver<Done>),
    Come(Vec<FailedTask>),
}

impl TestResponse {
    /// Waits for the request's tasks and exits.
    pub async fn finished(mut self) -> Self {
        if let TasksEnd::ToCome(done) = self.tasks_end {
            // A reply that no route made has no tasks, and nobody reports their end.
            let done = done.await.unwrap_or_default();
            self.tasks_end = TasksEnd::Come(done.failed);
            // The tasks of a WebSocket are known only at its end.
            if self.tasks.is_empty() {
                self.tasks = done.queued;
            }
        }
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first header of a name, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body as text, with replacement characters for what is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON of that type; the message contains the body.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => {
                panic!("the reply ({}) is not the expected JSON: {error}\n{}", self.status, self.text())
            }
        }
    }

    /// The error with which the body broke off, if it did.
    pub fn broken(&self) -> Option<&axum_core::Error> {
        self.broken.as_ref()
    }

    /// What the request had queued when its reply was complete, in order.
    pub fn tasks(&self) -> &[TaskInfo] {
        &self.tasks
    }

    /// The tasks that failed, once they are done: after [`send`](super::TestRequest::send) or [`finished`](Self::finished).
    pub fn failed_tasks(&self) -> &[FailedTask] {
        match &self.tasks_end {
            TasksEnd::Come(failed) => failed,
            TasksEnd::ToCome(_) => &[],
        }
    }
}
