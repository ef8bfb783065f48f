//! Replies: what functions return, the errors that turn into replies, and the reply in the making.

#[cfg(feature = "cookie")]
mod cookies;
mod failure;
mod http_error;
mod inner_error;
mod reply;
mod returned;

pub use failure::{Failure, Panicked, RaisedError};
pub(crate) use failure::{ReplyError, detailed, internal_server_error};
pub use http_error::{HttpError, IntoHttpError};
pub(crate) use inner_error::logged_for;
pub use reply::Reply;
pub use returned::{
    EndsInJson, EndsInNoJson, JsonReply, NoOutput, NoReply, ReplyOr, ReplyValue, Returned, ReturnedReply,
    ReturnedValue, TupleReply, replied,
};
pub(crate) use returned::{Replied, WholeReply, unwritten, whole, written};
