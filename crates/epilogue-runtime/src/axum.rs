//! What axum's own handlers take and reply with: the request's list, and the tasks of a reply.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::StatusCode;
use http::request::Parts;

use crate::{Background, BackgroundTasks};

/// A request's list, as a layer puts it into the request's extensions, with what the layer knows of the request.
#[doc(hidden)]
#[derive(Clone)]
pub struct RequestTasks {
    tasks: BackgroundTasks,
    session: Arc<dyn RequestSession>,
}

/// What a layer knows of a request. It is told when a handler takes the list.
#[doc(hidden)]
pub trait RequestSession: Any + Send + Sync {
    /// Whether the request has already got what needs room among the pending tasks. Then it is refused nothing else of this kind.
    fn is_let_in(&self) -> bool;
    fn list_is_taken(&self);
}

impl RequestTasks {
    pub fn new(tasks: BackgroundTasks, session: Arc<dyn RequestSession>) -> Self {
        Self { tasks, session }
    }

    pub fn session<S: RequestSession>(&self) -> Option<Arc<S>> {
        let session: Arc<dyn Any + Send + Sync> = self.session.clone();
        session.downcast().ok()
    }
}

impl fmt::Debug for RequestTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTasks").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}

/// Takes the list out of the request's extensions, where a layer has put it.
impl<S: Send + Sync> FromRequestParts<S> for BackgroundTasks {
    type Rejection = NoTasks;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, NoTasks> {
        let Some(RequestTasks { tasks, session }) = parts.extensions.get() else {
            tracing::error!(target: "epilogue::task", "a handler takes `BackgroundTasks`, but no `EpilogueLayer` is around it: axum's `layer` covers the routes that were added before it");
            return Err(NoTasks::NoLayer);
        };
        let runner = &tasks.list.runner;
        if !session.is_let_in() && runner.is_full() {
            runner.log_refused(tasks.origin());
            return Err(NoTasks::Full { retry_after: runner.retry_after() });
        }
        session.list_is_taken();
        Ok(tasks.clone())
    }
}

/// Why an axum handler does not get its request's list.
///
/// A handler may take it, and do without the tasks when the server is busy:
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{BackgroundTasks, NoTasks};
///
/// async fn index(tasks: Result<BackgroundTasks, NoTasks>) -> &'static str {
///     match tasks {
///         Ok(tasks) => drop(tasks.add_task(|| println!("a visit"), ())),
///         Err(busy) => eprintln!("not counted: {busy}"),
///     }
///     "hello"
/// }
/// # let _ = index;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoTasks {
    /// The handler stands under no `EpilogueLayer`; replies 500.
    #[error("no `EpilogueLayer` is around the handler")]
    NoLayer,
    /// As many tasks are pending as may be; the layer replies 503 with `Retry-After`, or as the app's handler of errors does.
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
            // The layer that has put the list there makes the real reply of this, as of a dependency that is refused.
            Self::Full { .. } => {
                let mut announced = StatusCode::SERVICE_UNAVAILABLE.into_response();
                announced.extensions_mut().insert(self);
                announced
            }
        }
    }
}

/// A part of a reply like any header. Those of inner parts run first.
impl IntoResponseParts for Background {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let extensions = parts.extensions_mut();
        let all = match extensions.remove::<Self>() {
            Some(inner) => inner.and_all(self),
            None => self,
        };
        extensions.insert(all);
        Ok(parts)
    }
}

impl IntoResponse for Background {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}
