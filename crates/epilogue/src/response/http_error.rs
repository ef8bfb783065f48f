use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::inner_error::hand_over;
use super::reply::add_headers;
use super::{detailed, internal_server_error};
use crate::body::never_has_content;
use crate::layer::DependsRejection;
use crate::scope::caught_now;
use crate::tasks::with_causes;
#[cfg(feature = "websocket")]
use crate::websocket::WebSocketError;

/// An error with a status and a detail: FastAPI's `HTTPException`.
///
/// It replies `{"detail": …}`. `?` turns every [`std::error::Error`] into an `HttpError`. That one replies `500`
/// without any inner detail, and logs the error with its chain of sources.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/items/{id}")]
/// async fn item(id: Path<u64>) -> Result<String, HttpError> {
///     if *id > 3 {
///         return Err(HttpError::new(StatusCode::NOT_FOUND, "Item not found"));
///     }
///     Ok(std::fs::read_to_string(format!("items/{}.txt", *id))?)
/// }
/// ```
///
/// The rule is FastAPI's, see its tutorial on [handling errors](https://fastapi.tiangolo.com/tutorial/handling-errors/).
#[doc(alias("HTTPException", "HttpException"))]
#[must_use = "it ends the request only if it is returned: `return Err(HttpError::new(…))`"]
#[derive(Clone)]
pub struct HttpError(Box<Parts>);

/// Boxed, so that a `Result<_, HttpError>` is as small as its `Ok`.
#[derive(Clone)]
struct Parts {
    status: StatusCode,
    detail: Option<serde_json::Value>,
    headers: HeaderMap,
    source: Option<Arc<dyn AnyError>>,
}

impl HttpError {
    /// An error that replies with this status and `{"detail": detail}`. The detail may be any data. With `()` it is
    /// the reason phrase of the status.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// let error = HttpError::new(StatusCode::NOT_FOUND, ());
    /// assert_eq!(error.detail().unwrap(), "Not Found");
    /// ```
    ///
    /// A detail that cannot be serialised is logged and left out.
    pub fn new(status: StatusCode, detail: impl Serialize) -> Self {
        let detail = serde_json::to_value(detail)
            .inspect_err(|error| tracing::error!(%error, "the detail of an `HttpError` cannot be serialised and was left out"))
            .ok()
            .map(|detail| match status.canonical_reason() {
                Some(words) if detail.is_null() => words.into(),
                _ => detail,
            });
        Self(Box::new(Parts { status, detail, headers: HeaderMap::new(), source: None }))
    }

    /// Adds a header to the reply, beside those of the same name. Of several content types, the last one counts, in
    /// place of JSON's.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// Keeps the error that this one was made from, for exits that ask for it and for the log: at WARN if the status
    /// is below 500, and otherwise at ERROR.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("/avatars/{user}")]
    /// async fn avatar(user: Path<u64>) -> Result<Vec<u8>, HttpError> {
    ///     let content = std::fs::read(format!("avatars/{}.png", *user));
    ///     content.map_err(|error| HttpError::new(StatusCode::NOT_FOUND, "no avatar").with_source(error))
    /// }
    /// ```
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// An error of the server itself. It replies `500` without any inner detail, and logs the error with its chain of
    /// sources.
    ///
    /// `?` does the same with every [`std::error::Error`]. This function also takes what does not implement it: an
    /// `anyhow::Error`, a `Box<dyn Error + Send + Sync>`, a text.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// fn read() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    ///     Ok("seven".parse()?)
    /// }
    ///
    /// #[get("/number")]
    /// async fn number() -> Result<String, HttpError> {
    ///     let number = read().map_err(HttpError::internal)?;
    ///     Ok(number.to_string())
    /// }
    /// ```
    ///
    /// [`source_as`](Self::source_as), [`App::on_error`](crate::App::on_error) and exits know it as a `Box<dyn Error + Send + Sync>`,
    /// whatever is in it.
    #[doc(alias("anyhow", "eyre"))]
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of_source(Arc::new(Boxed(error.into())))
    }

    fn of_source(source: Arc<dyn AnyError>) -> Self {
        let mut error = Self::unexplained();
        error.0.source = Some(source);
        error
    }

    /// A failure that has been logged where it was.
    pub(crate) fn unexplained() -> Self {
        let (status, headers) = (StatusCode::INTERNAL_SERVER_ERROR, HeaderMap::new());
        Self(Box::new(Parts { status, detail: None, headers, source: None }))
    }

    /// The reply's status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What the client is told, if anything.
    pub fn detail(&self) -> Option<&serde_json::Value> {
        self.0.detail.as_ref()
    }

    /// The headers of the reply: those that [`header`](Self::header) added, and those of Epilogue's own errors, such as `Allow`,
    /// `Retry-After` and `WWW-Authenticate`. A handler that replies in other words can pass them on:
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// let app = App::new().on_error(|error: &HttpError, _parts| {
    ///     (error.status(), error.headers().clone(), format!("sorry: {}", error.status()))
    /// });
    /// # let _ = app;
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The error that this one was made from, if it is an `E`.
    pub fn source_as<E: Any>(&self) -> Option<&E> {
        self.source_any()?.downcast_ref()
    }

    /// The error that a `?` has made into this one, if it is an `E`. Such an `HttpError` has no words of its own.
    pub(crate) fn passed_on<E: Any>(&self) -> Option<&E> {
        self.passed_on_any()?.downcast_ref()
    }

    /// The same, whatever its type.
    pub(crate) fn passed_on_any(&self) -> Option<&dyn Any> {
        if self.0.detail.is_some() { None } else { self.source_any() }
    }

    fn source_any(&self) -> Option<&dyn Any> {
        self.0.source.as_deref().map(AnyError::as_any)
    }

    /// Whether both were made from the same error: one is a clone of the other.
    pub(super) fn shares_source(&self, other: &Self) -> bool {
        matches!((&self.0.source, &other.0.source), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
    }

    /// What the log says if nobody gets the reply.
    pub(crate) fn reason(&self) -> String {
        match (self.source_text(), &self.0.detail) {
            (Some(source), None) => source,
            // An error of one's own is often both: its words are the detail, and it is the source.
            (Some(source), Some(serde_json::Value::String(detail))) if source.starts_with(detail) => {
                format!("{}: {source}", self.0.status)
            }
            (Some(source), Some(_)) => format!("{self}: {source}"),
            (None, _) => self.to_string(),
        }
    }

    /// What it was made from, with its causes. This runs a user's code, which may panic.
    fn source_text(&self) -> Option<String> {
        let source = self.0.source.as_ref()?;
        let text = caught_now(|| with_causes(source.as_error()));
        Some(text.unwrap_or_else(|panic| panic.to_string()))
    }

    /// Logs what it was made from, which no client is told. The route is named if it is known: without the request's span, nothing
    /// else would say which it was.
    pub(crate) fn log_source(&self, route: Option<&str>) {
        if let Some(error) = self.source_text() {
            #[cfg(feature = "websocket")]
            if self.source_as().is_some_and(WebSocketError::is_of_client) {
                // Otherwise any client could fill the log with errors.
                tracing::debug!(route, error, "a WebSocket failed because of its client");
                return;
            }
            let status = self.0.status;
            if status.is_server_error() {
                tracing::error!(route, status = status.as_u16(), error, "a request failed");
            } else {
                tracing::warn!(route, status = status.as_u16(), error, "a request failed");
            }
        }
    }

    pub(crate) fn to_response(&self, route: Option<&str>) -> Response {
        if let Some(rejection) = self.passed_on::<DependsRejection>() {
            return rejection.clone().into_response();
        }
        if self.0.source.is_some() && (route.is_some() || !hand_over(self)) {
            self.log_source(route);
        }
        let mut response = match &self.0.detail {
            // Without content there is no type: clients would take that of a 304 for the type of what they have.
            _ if never_has_content(self.0.status) => self.0.status.into_response(),
            None if self.0.status == StatusCode::INTERNAL_SERVER_ERROR => internal_server_error(),
            detail => detailed(self.0.status, detail),
        };
        add_headers(response.headers_mut(), self.0.headers.clone());
        response
    }
}

impl<E: IntoHttpError> From<E> for HttpError {
    fn from(source: E) -> Self {
        source.into_http_error()
    }
}

/// What `?` turns into an [`HttpError`]: every [`std::error::Error`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not turn into an `HttpError`",
    // For a `?`, rustc shows nothing but the label.
    label = "no `std::error::Error`: write `.map_err(HttpError::internal)?`, or return an `HttpError::new(…)`"
)]
#[doc(hidden)]
pub trait IntoHttpError {
    fn into_http_error(self) -> HttpError;
}

#[diagnostic::do_not_recommend]
impl<E: Error + Send + Sync + 'static> IntoHttpError for E {
    fn into_http_error(self) -> HttpError {
        HttpError::of_source(Arc::new(self))
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        self.to_response(None)
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.status)?;
        match &self.0.detail {
            Some(serde_json::Value::String(detail)) => write!(f, ": {detail}"),
            Some(detail) => write!(f, ": {detail}"),
            None => self.source_text().map_or(Ok(()), |source| write!(f, ": {source}")),
        }
    }
}

impl fmt::Debug for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpError({self})")
    }
}

/// An error that can also be downcast to a type that does not implement `Error`, which `dyn Error` cannot be.
trait AnyError: Send + Sync {
    fn as_error(&self) -> &(dyn Error + 'static);
    fn as_any(&self) -> &dyn Any;
}

impl<E: Error + Send + Sync + 'static> AnyError for E {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A boxed error, which does not implement [`Error`] itself.
struct Boxed(Box<dyn Error + Send + Sync>);

impl AnyError for Boxed {
    fn as_error(&self) -> &(dyn Error + 'static) {
        &*self.0
    }

    fn as_any(&self) -> &dyn Any {
        &self.0
    }
}
