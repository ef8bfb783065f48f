//! The body of a request is read before anything runs, and refused if it cannot be.

use http::StatusCode;

use super::Scope;
#[cfg(feature = "multipart")]
use crate::body::multipart_type;
use crate::body::{BodyError, BodyTime, is_form};
use crate::decode;
use crate::rejection::Rejection;
use crate::response::{Failure, HttpError, RaisedError};
use crate::server::Link;
#[cfg(feature = "multipart")]
use crate::tasks::with_causes;
#[cfg(feature = "multipart")]
use crate::upload::{FormLimits, MAX_PARTS, MultipartError};

impl Scope {
    /// Reads the body, as all that the plan wants of it.
    pub(super) async fn read_body(&mut self) -> Result<(), Failure> {
        let connection = self.link.as_ref().and_then(Link::connection);
        let time = BodyTime { app: &self.app, connection };
        let route = &self.app.routes[self.route];
        let headers = &self.parts.get().headers;
        #[cfg(feature = "multipart")]
        let form = if route.plan.reads_form { multipart_type(headers) } else { None };
        #[cfg(not(feature = "multipart"))]
        let form: Option<&str> = None;
        let mut result = Ok(());
        if form.is_none() || route.plan.reads_whole {
            result = self.body.read(headers, route.limits.body(), time).await;
            if route.plan.reads_form && is_form(headers) {
                self.body.read_as_form();
            }
        }
        #[cfg(feature = "multipart")]
        if let (Some(content_type), Ok(())) = (form, &result) {
            let of_form = FormLimits {
                whole: route.limits.upload(),
                text: route.limits.body(),
                files_in_memory: route.plan.files_in_memory,
            };
            // Boxed, so that it does not enlarge the future of other requests.
            result = Box::pin(self.body.read_form(headers, content_type, of_form, time)).await;
        }
        result.map_err(|error| body_failure(&error))
    }

    /// If the body is not JSON at all, no dependency may run, so it is checked first. Without dependencies, taking the parameters is check
    /// enough, and the body is parsed only once.
    pub(super) fn check_json(&self, before_steps: bool) -> Result<(), Failure> {
        if std::str::from_utf8(self.body()).is_err() {
            let detail = "There was an error parsing the body";
            return Err(HttpError::new(StatusCode::BAD_REQUEST, detail).raise());
        }
        if before_steps {
            decode::check_json(self.body())
                .map_err(|error| Failure::Rejected(Rejection::new(vec![error])))?;
        }
        Ok(())
    }
}

/// What the client is told if the body could not be read.
fn body_failure(error: &BodyError) -> Failure {
    let (status, detail) = match error {
        _ if error.is_too_slow() => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
        #[cfg(feature = "multipart")]
        BodyError::Multipart(error) => return multipart_failure(error),
        BodyError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"),
        _ => (StatusCode::BAD_REQUEST, "There was an error reading the body"),
    };
    tracing::debug!(%error, "the body was not read");
    HttpError::new(status, detail).raise()
}

/// The same for a multipart body.
#[cfg(feature = "multipart")]
fn multipart_failure(error: &MultipartError) -> Failure {
    let too_many;
    let (status, detail) = match error {
        MultipartError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"),
        MultipartError::Malformed(multer::Error::NoBoundary) => {
            (StatusCode::BAD_REQUEST, "Missing boundary in multipart.")
        }
        MultipartError::Malformed(_) | MultipartError::Cut(_) => {
            (StatusCode::BAD_REQUEST, "Invalid multipart data.")
        }
        MultipartError::Nameless => {
            (StatusCode::BAD_REQUEST, "The Content-Disposition header field \"name\" must be provided.")
        }
        MultipartError::TooMany(what) => {
            too_many = format!("Too many {what}. Maximum number of {what} is {MAX_PARTS}.");
            (StatusCode::BAD_REQUEST, too_many.as_str())
        }
        MultipartError::Read(_) => (StatusCode::BAD_REQUEST, "There was an error reading the body"),
        MultipartError::Store(_) => {
            tracing::error!(error = with_causes(error), "a file of a multipart body was not stored");
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    };
    if !status.is_server_error() {
        tracing::debug!(error = with_causes(error), "the multipart body was not read");
    }
    HttpError::new(status, detail).raise()
}
