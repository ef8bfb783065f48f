//! What a path function or dependency returned, sorted into a value or a failure.

use axum_core::response::{IntoResponse, Response};

use super::failure::{Failure, RaisedError};

/// What a path function may return: anything that turns into a reply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "not a response: this type does not implement `IntoResponse`",
    note = "return `Json<{Self}>` (it then needs `#[derive(serde::Serialize)]`), a text, a `(StatusCode, …)` tuple, or implement `IntoResponse`"
)]
// Without a supertrait, of which rustc would speak instead.
pub trait ReplyValue {
    #[doc(hidden)]
    fn reply(self) -> Response;
}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> ReplyValue for T {
    fn reply(self) -> Response {
        self.into_response()
    }
}

/// A returned value. An `Err` of a `Result` is told from any other value by method look-up: the inherent method below
/// exists for `Result`s only and goes before the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returned<T>(pub T);

impl<T: ReplyValue, E: RaisedError> Returned<Result<T, E>> {
    pub fn into_reply(self) -> Result<Response, Failure> {
        match self.0 {
            Ok(value) => Ok(value.reply()),
            Err(error) => Err(error.raise()),
        }
    }
}

impl<T, E: RaisedError> Returned<Result<T, E>> {
    /// The output of a dependency that returns a `Result`.
    pub fn into_output(self) -> Result<T, Failure> {
        self.0.map_err(RaisedError::raise)
    }
}

/// A returned value that is no `Result`.
#[doc(hidden)]
pub trait ReturnedValue {
    fn into_reply(self) -> Result<Response, Failure>;
}

impl<T: ReplyValue> ReturnedValue for Returned<T> {
    fn into_reply(self) -> Result<Response, Failure> {
        Ok(self.0.reply())
    }
}

/// A returned value that is no reply, which an assertion has said: found last, since it must be borrowed.
#[doc(hidden)]
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NoReply {
    fn into_reply(&self) -> Result<Response, Failure>;
}

impl<T> NoReply for Returned<T> {
    fn into_reply(&self) -> Result<Response, Failure> {
        unreachable!("a program with errors does not run")
    }
}

/// The same for the error of a dependency.
#[doc(hidden)]
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NoOutput<T> {
    fn into_output(&self) -> Result<T, Failure>;
}

impl<T, E> NoOutput<T> for Returned<Result<T, E>> {
    fn into_output(&self) -> Result<T, Failure> {
        unreachable!("a program with errors does not run")
    }
}
