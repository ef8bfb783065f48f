//! The bodies of a request and of its reply. A reply's body carries what must happen after it.

mod after;
mod broken;
mod collecting;
mod foreign;
mod headers;
mod reply;
mod request;
mod time;

pub(crate) use after::After;
pub(crate) use broken::Breakable;
pub use broken::BrokenReply;
#[cfg(feature = "websocket")]
pub(crate) use headers::announced;
#[cfg(feature = "multipart")]
pub(crate) use headers::multipart_type;
pub(crate) use headers::{is_form, is_json};
pub(crate) use reply::{Content, ReplyBody, into_body, never_has_content};
pub(crate) use request::{BodyError, Early, RequestBody};
pub(crate) use time::BodyTime;
#[cfg(feature = "http2")]
pub(crate) use time::time_is_up;
