use std::any::Any;
use std::fmt;
use std::sync::Arc;

use axum_core::response::IntoResponse;
use http::StatusCode;

use crate::rejection::Rejection;
use crate::response::{Failure, HttpError, Panicked, RaisedError, ReplyError};
use crate::tasks::FailedTask;

/// How the request ended, as told to the exits of its dependencies.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Transaction;
/// impl Transaction {
///     async fn commit(&self) {}
///     async fn roll_back(&self) {}
/// }
///
/// #[dependency(scope = "function", exit = end)]
/// async fn transaction() -> Transaction {
///     Transaction
/// }
///
/// async fn end(transaction: &Transaction, outcome: &Outcome) {
///     if outcome.is_success() {
///         transaction.commit().await;
///     } else {
///         transaction.roll_back().await;
///     }
/// }
/// # #[get("/")] async fn index(_t: Depends<transaction>) {}
/// # let _ = routes![index];
/// ```
pub struct Outcome {
    end: End,
    failed_tasks: Vec<FailedTask>,
}

#[derive(Clone)]
enum End {
    Replied(StatusCode),
    Rejected(Rejection),
    Raised(Arc<dyn ReplyError>),
    /// The error was of a type that had to be consumed to make the reply.
    Consumed(&'static str),
    Panicked(Panicked),
    Shutdown,
}

impl Outcome {
    /// The path function returned a reply: for a unit test of an exit.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// assert!(Outcome::replied(StatusCode::OK).is_success());
    /// ```
    pub fn replied(status: StatusCode) -> Self {
        Self::of(End::Replied(status))
    }

    /// An error ended the request: for a unit test of an exit.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// let outcome = Outcome::failed(HttpError::new(StatusCode::NOT_FOUND, "no such item"));
    /// assert!(!outcome.is_success());
    /// assert!(outcome.error::<HttpError>().is_some());
    /// ```
    pub fn failed<E: IntoResponse + Send + Sync + 'static>(error: E) -> Self {
        Self::of_failure(&error.raise())
    }

    pub(crate) fn shutdown() -> Self {
        Self::of(End::Shutdown)
    }

    /// Shares the failure with the exits that run before it becomes the reply.
    pub(crate) fn of_failure(failure: &Failure) -> Self {
        Self::of(match failure {
            Failure::Rejected(rejection) => End::Rejected(rejection.clone()),
            Failure::Raised(raised) => End::Raised(raised.shared()),
            Failure::Panicked(panic) => End::Panicked(panic.clone()),
        })
    }

    /// What is still known once the reply is made: of an error that the reply consumed, only its name.
    pub(crate) fn after_reply(self) -> Self {
        let end = match self.end {
            End::Raised(error) if !error.outlives_reply() => End::Consumed(error.type_name()),
            end => end,
        };
        Self { end, ..self }
    }

    pub(crate) fn with_failed_tasks(self, failed: Vec<FailedTask>) -> Self {
        Self { failed_tasks: failed, ..self }
    }

    fn of(end: End) -> Self {
        Self { end, failed_tasks: Vec::new() }
    }

    /// Whether the path function returned a reply that did not break off. A reply with an error status that was returned as `Ok` counts too.
    pub fn is_success(&self) -> bool {
        matches!(self.end, End::Replied(_) | End::Shutdown)
    }

    /// The reply's status, where the path function returned one.
    pub fn status(&self) -> Option<StatusCode> {
        match self.end {
            End::Replied(status) => Some(status),
            _ => None,
        }
    }

    /// The error that ended the request, if it is an `E`, or an [`HttpError`] that was made from an `E`.
    ///
    /// An exit of function scope sees every error. One of request scope runs after the reply, and sees [`HttpError`]s and
    /// what they were made from; an error of another type has become the reply by then. If the reply broke off, it sees the
    /// [`BrokenReply`](crate::BrokenReply).
    pub fn error<E: Any>(&self) -> Option<&E> {
        let End::Raised(error) = &self.end else { return None };
        let error = error.as_any();
        error.downcast_ref::<E>().or_else(|| error.downcast_ref::<HttpError>()?.source_as::<E>())
    }

    /// The validation errors that ended the request before its path function ran.
    pub fn rejection(&self) -> Option<&Rejection> {
        match &self.end {
            End::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// Whether the path function, a dependency or the stream of a reply panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.end, End::Panicked(_))
    }

    /// The tasks of the request that failed; exits of request scope run after the tasks and see them.
    pub fn failed_tasks(&self) -> &[FailedTask] {
        &self.failed_tasks
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            End::Replied(status) => write!(f, "Replied({status})"),
            End::Rejected(rejection) => write!(f, "Rejected({rejection})"),
            End::Raised(error) => match error.as_any().downcast_ref::<HttpError>() {
                Some(error) => write!(f, "Failed({error})"),
                None => write!(f, "Failed({})", error.type_name()),
            },
            End::Consumed(name) => write!(f, "Failed({name})"),
            End::Panicked(panic) => write!(f, "Panicked({})", panic.message()),
            End::Shutdown => f.write_str("Shutdown"),
        }?;
        if self.failed_tasks.is_empty() {
            return Ok(());
        }
        write!(f, " with {} failed tasks", self.failed_tasks.len())
    }
}

/// What an exit may return: nothing, or a `Result` whose error becomes the reply where the exit runs before it.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency(scope = "function", exit = flush)]
/// fn buffer() -> Vec<u8> {
///     Vec::new()
/// }
///
/// async fn flush(buffer: &Vec<u8>, _: &Outcome) -> Result<(), HttpError> {
///     if buffer.len() > 1024 {
///         return Err(HttpError::new(StatusCode::INSUFFICIENT_STORAGE, ())); // this is the reply
///     }
///     Ok(())
/// }
/// # #[get("/")] async fn index(_buffer: Depends<buffer>) {}
/// # let _ = routes![index];
/// ```
#[diagnostic::on_unimplemented(
    message = "an exit returns nothing or a `Result<(), E>`, not `{Self}`",
    label = "not what an exit may return",
    note = "write `-> Result<(), HttpError>`, or let it return nothing"
)]
pub trait ExitReturn {
    #[doc(hidden)]
    fn into_exit_result(self) -> Result<(), Failure>;
}

impl ExitReturn for () {
    fn into_exit_result(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<E: RaisedError> ExitReturn for Result<(), E> {
    fn into_exit_result(self) -> Result<(), Failure> {
        self.map_err(RaisedError::raise)
    }
}
