//! What a path function or dependency returned, sorted into a value or a failure.

use axum_core::response::{IntoResponse, Response};

use super::failure::{Failure, Raised, RaisedError};

/// What a path function may return: anything that turns into a reply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "not a response: this type does not implement `IntoResponse`",
    note = "return `Json<{Self}>` (it then needs `#[derive(serde::Serialize)]`), a text, a `(StatusCode, …)` tuple, or implement `IntoResponse`"
)]
pub trait ReplyValue: IntoResponse {}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> ReplyValue for T {}

/// A returned value. An `Err` of a `Result` is told from any other value by method look-up: the inherent method below
/// exists for `Result`s only and goes before the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returned<T>(pub T);

impl<T: ReplyValue, E: RaisedError> Returned<Result<T, E>> {
    pub fn into_reply(self) -> Result<Response, Failure> {
        match self.0 {
            Ok(value) => Ok(value.into_response()),
            Err(error) => Err(Failure::Raised(Raised::new(error))),
        }
    }
}

impl<T, E: RaisedError> Returned<Result<T, E>> {
    /// The output of a dependency that returns a `Result`.
    pub fn into_output(self) -> Result<T, Failure> {
        self.0.map_err(|error| Failure::Raised(Raised::new(error)))
    }
}

/// A returned value that is no `Result`.
#[doc(hidden)]
pub trait ReturnedValue {
    fn into_reply(self) -> Result<Response, Failure>;
}

impl<T: ReplyValue> ReturnedValue for Returned<T> {
    fn into_reply(self) -> Result<Response, Failure> {
        Ok(self.0.into_response())
    }
}
