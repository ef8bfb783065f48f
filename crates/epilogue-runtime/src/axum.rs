//! The request's list as an extractor of axum's own handlers.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use crate::BackgroundTasks;

/// Takes the list out of the request's extensions, where a layer has put it.
impl<S: Send + Sync> FromRequestParts<S> for BackgroundTasks {
    type Rejection = NoTasks;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, NoTasks> {
        let Some(tasks) = parts.extensions.get::<Self>() else {
            tracing::error!("a handler takes `BackgroundTasks`, but no `EpilogueLayer` is around it");
            return Err(NoTasks::NoLayer);
        };
        let runner = &tasks.list.runner;
        if tasks.is_empty() && runner.is_full() {
            tracing::warn!(request = %tasks.origin(), "the limit of pending tasks is reached: a request was refused");
            return Err(NoTasks::Full { retry_after: runner.retry_after().as_secs().max(1) });
        }
        Ok(tasks.clone())
    }
}

/// Why an axum handler does not get its request's list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoTasks {
    /// The handler stands under no `EpilogueLayer`; replies 500.
    #[error("no `EpilogueLayer` is around the handler")]
    NoLayer,
    /// As many tasks are pending as may be; replies 503 with `Retry-After`.
    #[error("the limit of pending tasks is reached")]
    Full {
        /// What the client is told to wait, in seconds.
        retry_after: u64,
    },
}

impl IntoResponse for NoTasks {
    fn into_response(self) -> Response {
        match self {
            Self::NoLayer => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response(),
            Self::Full { retry_after } => {
                let head = [
                    (header::RETRY_AFTER, HeaderValue::from(retry_after)),
                    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                ];
                (StatusCode::SERVICE_UNAVAILABLE, head, r#"{"detail":"Service Unavailable"}"#).into_response()
            }
        }
    }
}
