//! What a path function or dependency returned, sorted into a value or a failure.

use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::{Either, Full};

use super::failure::{Failure, RaisedError, internal_server_error};
use super::http_error::HttpError;
use crate::body::Content;
use crate::graph::fuel::unfinished;
use crate::param::Json;

/// What a path function may return: anything that turns into a reply.
///
/// It is implemented for everything that is `IntoResponse`. A reply type of your own implements that:
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Csv(String);
///
/// impl IntoResponse for Csv {
///     fn into_response(self) -> Response {
///         ([(header::CONTENT_TYPE, "text/csv")], self.0).into_response()
///     }
/// }
///
/// #[get("/report")]
/// async fn report() -> Csv {
///     Csv("name,price\n".into())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "not a response: this type does not implement `IntoResponse`",
    note = "return `Json<{Self}>` (it then needs `#[derive(serde::Serialize)]`), a text, a `(StatusCode, …)` tuple, or implement `IntoResponse`"
)]
// Without a supertrait, which rustc would report instead.
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

/// The same, for a type for which the error can suggest another one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "not a response: this type does not implement `IntoResponse`",
    note = "return `{Instead}`"
)]
pub trait ReplyOr<Instead> {}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse, Instead> ReplyOr<Instead> for T {}

/// The same, for a tuple.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this tuple is not a reply",
    label = "not a response: a tuple is a status, then headers, then one body",
    note = "write the status first and the body last, as in `(StatusCode, String)` or `(StatusCode, Json<…>)`, where a `Background` stands before the body; a tuple that is data itself stands in a `Json<…>`"
)]
pub trait TupleReply {}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> TupleReply for T {}

/// Whether a reply is, or ends in, a `Json`: the inherent constants take precedence over the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct EndsInJson<T>(std::marker::PhantomData<T>);

/// Any other reply.
#[doc(hidden)]
pub trait EndsInNoJson {
    const ENDS: bool = false;
}

impl<T> EndsInNoJson for EndsInJson<T> {}

/// A reply taken apart, so that an error about the data in its `Json` names only that data.
#[doc(hidden)]
pub trait JsonReply<const ENDS_IN_JSON: bool> {
    type Data;
    /// The reply without its `Json`.
    type Rest;
}

impl<T> JsonReply<false> for T {
    type Data = ();
    type Rest = T;
}

macro_rules! json_replies {
    ($(($($before:ident,)*)),* $(,)?) => { $(
        impl<$($before,)* T> EndsInJson<($($before,)* Json<T>,)> {
            pub const ENDS: bool = true;
        }

        impl<$($before,)* T> JsonReply<true> for ($($before,)* Json<T>,) {
            type Data = T;
            type Rest = ($($before,)* (),);
        }
    )* };
}

json_replies!((), (A,), (A, B,), (A, B, C,), (A, B, C, D,), (A, B, C, D, E,));

impl<T> EndsInJson<Json<T>> {
    pub const ENDS: bool = true;
}

impl<T> JsonReply<true> for Json<T> {
    type Data = T;
    type Rest = ();
}

/// A returned value. Method look-up tells a `Result` from any other value: the inherent methods below exist only for `Result`s, and take
/// precedence over the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returned<T>(pub T);

impl<T, E: RaisedError> Returned<Result<T, E>> {
    /// The value that a `Result` holds.
    #[inline]
    pub fn into_output(self) -> Result<T, Failure> {
        self.0.map_err(RaisedError::raise)
    }

    /// The same for a path function, which need not return a `Result`.
    #[inline]
    pub fn into_value(self) -> Result<T, Failure> {
        self.into_output()
    }
}

/// A returned value that is not a `Result`.
#[doc(hidden)]
pub trait ReturnedValue: Sized {
    type Value;

    fn into_value(self) -> Result<Self::Value, Failure>;
}

impl<T> ReturnedValue for Returned<T> {
    type Value = T;

    fn into_value(self) -> Result<T, Failure> {
        Ok(self.0)
    }
}

/// The reply of a path function.
pub(crate) type Replied = http::Response<Content>;

/// A reply that needs no boxed body of axum's. Method look-up tells it from the others, too.
impl<T: WholeReply> Returned<T> {
    #[inline]
    pub fn into_reply(self) -> Result<Replied, Failure> {
        self.0.into_whole()
    }
}

/// What is sent as one whole body.
#[doc(hidden)]
pub trait WholeReply {
    fn into_whole(self) -> Result<Replied, Failure>;
}

impl WholeReply for &'static str {
    #[inline]
    fn into_whole(self) -> Result<Replied, Failure> {
        Ok(text(self.into()))
    }
}

impl WholeReply for String {
    #[inline]
    fn into_whole(self) -> Result<Replied, Failure> {
        Ok(text(self.into()))
    }
}

/// With the content type that axum gives a text.
#[inline]
fn text(text: Bytes) -> Replied {
    whole(text, HeaderValue::from_static("text/plain; charset=utf-8"))
}

#[inline]
pub(crate) fn whole(body: Bytes, content_type: HeaderValue) -> Replied {
    let mut response = http::Response::new(Either::Left(Full::new(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// Any other reply.
#[doc(hidden)]
pub trait ReturnedReply {
    fn into_reply(self) -> Result<Replied, Failure>;
}

impl<T: ReplyValue> ReturnedReply for Returned<T> {
    fn into_reply(self) -> Result<Replied, Failure> {
        replied(self.0.reply())
    }
}

/// A response as a reply.
#[doc(hidden)]
pub fn replied(response: Response) -> Result<Replied, Failure> {
    written(response).map(|response| response.map(Either::Right))
}

/// Says that a reply could not be written. In the extensions of what is sent in its place, which a tuple may give any status.
#[derive(Clone)]
struct Unwritten;

/// In place of a reply that could not be written.
#[cold]
pub(crate) fn unwritten() -> Response {
    let mut response = internal_server_error();
    response.extensions_mut().insert(Unwritten);
    response
}

/// Tells a reply from what stands in its place.
pub(crate) fn written(response: Response) -> Result<Response, Failure> {
    if !response.extensions().is_empty() && response.extensions().get::<Unwritten>().is_some() {
        return Err(HttpError::unexplained().raise());
    }
    Ok(response)
}

/// A returned value that is not a reply, which an assertion has reported. Look-up finds this last, since the method borrows the value.
#[doc(hidden)]
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NoReply {
    fn into_reply(&self) -> Result<Replied, Failure> {
        unfinished()
    }
}

impl<T> NoReply for Returned<T> {}

/// The same for the error of a dependency.
#[doc(hidden)]
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NoOutput<T> {
    fn into_output(&self) -> Result<T, Failure> {
        unfinished()
    }
}

impl<T, E> NoOutput<T> for Returned<Result<T, E>> {}
