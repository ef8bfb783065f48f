use axum_core::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::Probe;
use crate::tasks::{FailedTask, TaskInfo};

/// A reply as a [`TestClient`](super::TestClient) got it, with what became of the request's tasks.
#[derive(Debug)]
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    broken: Option<axum_core::Error>,
    tasks: Vec<TaskInfo>,
    tasks_end: TasksEnd,
}

#[derive(Debug)]
enum TasksEnd {
    ToCome(oneshot::Receiver<Vec<FailedTask>>),
    Come(Vec<FailedTask>),
}

impl TestResponse {
    pub(super) async fn read(
        response: Response,
        probe: Probe,
        done: oneshot::Receiver<Vec<FailedTask>>,
    ) -> Self {
        let tasks = probe.tasks();
        let (parts, mut body) = response.into_parts();
        let (mut bytes, mut broken) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) => bytes.extend_from_slice(&data),
                Ok(Err(_trailers)) => {}
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        Self {
            status: parts.status,
            headers: parts.headers,
            body: bytes.into(),
            broken,
            tasks,
            tasks_end: TasksEnd::ToCome(done),
        }
    }

    /// Waits for the request's tasks and exits.
    pub async fn finished(mut self) -> Self {
        if let TasksEnd::ToCome(done) = self.tasks_end {
            // A reply that no route made has no tasks, and nobody tells of their end.
            self.tasks_end = TasksEnd::Come(done.await.unwrap_or_default());
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

    /// The value of a cookie that the reply sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut parsed = cookies.filter_map(|value| cookie::Cookie::parse_encoded(value).ok());
        parsed.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
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
    /// When it is no JSON of that type; the message holds the body.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("the reply ({}) is not the expected JSON: {error}\n{}", self.status, self.text())
        })
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
