use axum_core::body::Body;
use axum_core::response::Response;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use tokio::sync::oneshot;

use super::probe::Done;
use super::response::TasksEnd;
use super::{Probe, TestResponse};
use crate::body::never_has_content;

/// A reply whose body a test reads piece by piece, as it comes: see [`TestRequest::stream`](super::TestRequest::stream).
///
/// Dropping it acts as a client that leaves in the middle.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::testing::TestClient;
///
/// #[get("/numbers")]
/// async fn numbers() -> Sse<EventStream> {
///     let (events, reply) = Sse::channel();
///     tokio::spawn(async move {
///         events.send(Event::data("1")).await?;
///         events.send(Event::data("2")).await
///     });
///     reply
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = TestClient::new(App::new().routes(routes![numbers]));
/// let mut reply = client.get("/numbers").stream().await;
/// assert_eq!(reply.status(), StatusCode::OK);
/// assert_eq!(reply.chunk().await.unwrap(), "data: 1\n\n");
/// let reply = reply.finished().await;
/// assert_eq!(reply.text(), "data: 2\n\n");
/// # });
/// ```
#[derive(Debug)]
pub struct TestStream {
    head: Parts,
    body: Body,
    broken: Option<axum_core::Error>,
    probe: Probe,
    done: oneshot::Receiver<Done>,
}

impl TestStream {
    pub(super) fn new(
        response: Response,
        has_content: bool,
        probe: Probe,
        done: oneshot::Receiver<Done>,
    ) -> Self {
        let (head, mut body) = response.into_parts();
        // A server sends no content here.
        if !has_content || never_has_content(head.status) {
            body = Body::empty();
        }
        Self { head, body, broken: None, probe, done }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The next piece of the body, once it comes; `None` at its end, or if it broke off: see
    /// [`TestResponse::broken`].
    pub async fn chunk(&mut self) -> Option<Bytes> {
        while self.broken.is_none() {
            match self.body.frame().await? {
                Ok(frame) => {
                    if let Ok(data) = frame.into_data() {
                        return Some(data);
                    }
                }
                Err(error) => self.broken = Some(error),
            }
        }
        None
    }

    /// Reads the rest of the body, and waits for the request's tasks and exits. What the response holds is that rest.
    pub async fn finished(self) -> TestResponse {
        self.read().await.finished().await
    }

    pub(super) async fn read(mut self) -> TestResponse {
        let tasks = self.probe.tasks();
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await {
            bytes.extend_from_slice(&chunk);
        }
        TestResponse {
            status: self.head.status,
            headers: self.head.headers,
            body: bytes.into(),
            broken: self.broken,
            tasks,
            tasks_end: TasksEnd::ToCome(self.done),
        }
    }
}
