use std::convert::Infallible;

use axum_core::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};

use crate::tasks::task::{HandedOver, TaskArguments};
use crate::tasks::{self, Task, TaskFn, TaskReturn};

/// Tasks that a reply carries, for a path function that takes no [`BackgroundTasks`](crate::BackgroundTasks).
///
/// Part of a reply like any header: `(StatusCode::ACCEPTED, Background::task(f, (a,)))`. Its tasks are merged into the
/// request's list, after all that are there already. Starlette has the same as `Response(background=…)`.
///
/// ```
/// use epilogue::prelude::*;
///
/// async fn index(document: u64) {
///     println!("indexing {document}");
/// }
///
/// #[post("/documents/{id}")]
/// async fn accept(id: Path<u64>) -> (StatusCode, Background, &'static str) {
///     (StatusCode::ACCEPTED, Background::task(index, (*id,)), "accepted")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Background(tasks::Background);

impl Background {
    /// One task: a function and the tuple of its arguments.
    #[track_caller]
    pub fn task<F, Arguments, Kind>(function: F, arguments: Arguments) -> Self
    where
        F: TaskFn<Arguments, Kind> + HandedOver<Kind> + Send + 'static,
        Arguments: TaskArguments + Send + 'static,
        F::Future: Send + 'static,
        F::Output: TaskReturn,
    {
        Self(tasks::Background::task(function, arguments))
    }

    /// One `#[task]`, with its arguments by name.
    pub fn add<T: Task>(task: T) -> Self {
        Self(tasks::Background::add(task))
    }

    /// A further task, run after those before it.
    #[must_use]
    #[track_caller]
    pub fn and<F, Arguments, Kind>(self, function: F, arguments: Arguments) -> Self
    where
        F: TaskFn<Arguments, Kind> + HandedOver<Kind> + Send + 'static,
        Arguments: TaskArguments + Send + 'static,
        F::Future: Send + 'static,
        F::Output: TaskReturn,
    {
        Self(self.0.and(function, arguments))
    }

    /// Takes the tasks out of a finished reply.
    pub(crate) fn take_from<B>(response: &mut http::Response<B>) -> Option<tasks::Background> {
        if response.extensions().is_empty() {
            return None;
        }
        response.extensions_mut().remove::<Self>().map(|background| background.0)
    }
}

impl IntoResponseParts for Background {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let extensions = parts.extensions_mut();
        let all = match extensions.remove::<Self>() {
            // Those of the outer parts come after those of what they are put around.
            Some(inner) => Self(inner.0.and_all(self.0)),
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
