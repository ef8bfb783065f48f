//! What ends a request before its path function has replied.

use std::any::Any;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use axum_core::response::{IntoResponse, Response};
use http::{StatusCode, header};
use http_body::Body as _;
use serde::Serialize;

use super::HttpError;
use super::inner_error::{logged_for, with_reason};
use crate::param::Json;
use crate::rejection::Rejection;
use crate::scope::{caught_now, drop_caught};
use crate::tasks::panic_message;

/// Why a request, or one dependency of it, came to nothing.
#[doc(hidden)]
#[derive(Debug)]
pub enum Failure {
    /// Values of the request failed validation.
    Rejected(Rejection),
    /// A dependency or the path function returned an error.
    Raised(Raised),
    /// One of them panicked, with this message.
    Panicked(Panicked),
}

/// A path function or dependency has panicked: the error that [`App::on_error`](crate::App::on_error) sees of it.
///
/// The panic ends the request, not the server; without a handler it is answered with a plain `500`.
///
/// ```
/// use epilogue::prelude::*;
///
/// let app = App::new().on_error(|_: &Panicked, _parts| (StatusCode::INTERNAL_SERVER_ERROR, "that should not happen"));
/// # let _ = app;
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error("it panicked: {message}")]
pub struct Panicked {
    message: Arc<str>,
}

impl Panicked {
    /// What the panic said. It is for the log, not for clients.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Failure {
    /// The status of the reply, if it is known before the reply is made.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Rejected(_) => Some(StatusCode::UNPROCESSABLE_ENTITY),
            Self::Raised(raised) => raised.0.as_http_error().map(HttpError::status),
            Self::Panicked(_) => Some(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// What the log says about a failure that no client gets as its reply. If all that is known of the error's type is that it turns into a reply,
    /// that reply is made for the log.
    #[cold]
    pub(crate) fn into_reason(self) -> String {
        match self {
            Self::Raised(raised) => raised.into_reason(),
            told => told.to_string(),
        }
    }

    /// The reply, of a request to this route.
    pub(crate) fn into_response(self, route: Option<&str>) -> Response {
        match self {
            Self::Rejected(rejection) => rejection.respond(route),
            Self::Raised(raised) => raised.0.respond(route),
            Self::Panicked(_) => internal_server_error(),
        }
    }

    /// A panic's payload as a failure.
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        Self::Panicked(Panicked { message: panic_message(payload).into() })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Raised(raised) => raised.fmt(f),
            Self::Panicked(panic) => panic.fmt(f),
        }
    }
}

/// FastAPI's reply to an error that nobody handled, without any inner detail.
pub(crate) fn internal_server_error() -> Response {
    let head = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::INTERNAL_SERVER_ERROR, head, "Internal Server Error").into_response()
}

/// The reply to an error, in FastAPI's shape.
pub(crate) fn detailed(status: StatusCode, detail: &(impl Serialize + ?Sized)) -> Response {
    #[derive(Serialize)]
    struct Detailed<'a, D: ?Sized> {
        detail: &'a D,
    }
    (status, Json(Detailed { detail })).into_response()
}

/// An error type that a path function, dependency or exit may return: anything that turns into a reply and is `Send + Sync`.
///
/// It is implemented for all of these. An error type of your own implements [`IntoResponse`]:
///
/// ```
/// use epilogue::prelude::*;
///
/// struct SoldOut;
///
/// impl IntoResponse for SoldOut {
///     fn into_response(self) -> Response {
///         (StatusCode::GONE, "sold out").into_response()
///     }
/// }
///
/// #[post("/orders")]
/// async fn order() -> Result<&'static str, SoldOut> {
///     Err(SoldOut)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` does not turn into a reply",
    label = "not an error that replies: it does not implement `IntoResponse`, or is not `Send + Sync`",
    note = "return `Result<_, HttpError>`: `?` turns every `std::error::Error` into it, and `.map_err(HttpError::internal)?` what anyhow and eyre have; or an error type of your own that implements `IntoResponse`",
    note = "exits see the error before it is the reply, so it must be `Sync`; axum's `Response` is not: return an `HttpError`, or an error of your own that makes the `Response`"
)]
// Without supertraits, which rustc would report instead.
pub trait RaisedError {
    #[doc(hidden)]
    fn raise(self) -> Failure;
}

#[diagnostic::do_not_recommend]
impl<E: IntoResponse + Send + Sync + 'static> RaisedError for E {
    fn raise(self) -> Failure {
        // A rejection that is passed on is what the dependency failed with, for handlers and exits too.
        let error = &self as &dyn Any;
        let passed_on = error.downcast_ref().or_else(|| error.downcast_ref::<HttpError>()?.passed_on());
        let failure = passed_on.cloned().and_then(Rejection::into_failure);
        failure.unwrap_or_else(|| Failure::Raised(Raised(Arc::new(self))))
    }
}

/// An error that was returned, kept with its type until it becomes the reply.
#[doc(hidden)]
pub struct Raised(Arc<dyn ReplyError>);

impl Raised {
    /// Shares the error with an outcome.
    pub(crate) fn shared(&self) -> Arc<dyn ReplyError> {
        Arc::clone(&self.0)
    }

    pub(crate) fn as_any(&self) -> &dyn Any {
        self.0.as_any()
    }

    pub(crate) fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn into_reason(self) -> String {
        if let Some(error) = self.0.as_http_error() {
            let reason = error.reason();
            // What it was made of may panic.
            drop_caught(self);
            return reason;
        }
        let name = self.type_name();
        // This runs a user's code, which may panic.
        let told = caught_now(|| {
            let (response, reason) = with_reason(|| self.0.respond(None));
            (response.status(), reason, text_at_hand(response))
        });
        match told {
            Ok((_, Some(reason), _)) => reason,
            Ok((status, None, Some(text))) if status.is_success() => text,
            Ok((status, None, Some(text))) => format!("{status}: {text}"),
            Ok((status, None, None)) => format!("an error of type `{name}`, which replies {status}"),
            Err(panic) => format!("an error of type `{name}`, whose reply panicked: {panic}"),
        }
    }
}

/// The text of a reply whose body is available at once, as far as it fits into a line of the log. `None` if it says no more than the
/// status does.
fn text_at_hand(response: Response) -> Option<String> {
    const LONGEST: usize = 1000;
    let reason = response.status().canonical_reason();
    let mut body = response.into_body();
    let frame = pin!(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Some(Ok(frame))) = frame else { return None };
    let text: String = String::from_utf8_lossy(frame.data_ref()?).chars().take(LONGEST).collect();
    (!text.is_empty() && Some(&*text) != reason).then_some(text)
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_http_error() {
            Some(error) => error.fmt(f),
            None => write!(f, "an error of type `{}`", self.0.type_name()),
        }
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Raised").field(&self.0.type_name()).finish()
    }
}

/// An error of any type, with what a request needs of it.
pub(crate) trait ReplyError: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn type_name(&self) -> &'static str;
    fn respond(self: Arc<Self>, route: Option<&str>) -> Response;

    fn as_http_error(&self) -> Option<&HttpError> {
        self.as_any().downcast_ref()
    }

    /// Whether the error is still there after it has been made into a reply.
    fn outlives_reply(&self) -> bool {
        self.as_http_error().is_some()
    }
}

impl<E: IntoResponse + Send + Sync + 'static> ReplyError for E {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<E>()
    }

    fn respond(self: Arc<Self>, route: Option<&str>) -> Response {
        if let Some(error) = self.as_http_error() {
            return error.to_response(route);
        }
        match Arc::try_unwrap(self) {
            Ok(error) => match route {
                Some(route) => logged_for(route, None, || error.into_response()),
                None => error.into_response(),
            },
            Err(_shared) => {
                let error = std::any::type_name::<E>();
                tracing::error!(error, "an error is still lent out and cannot become the reply");
                internal_server_error()
            }
        }
    }
}
