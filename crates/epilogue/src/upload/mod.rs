//! Files that clients send, and the multipart bodies in which they come.

mod file;
mod form;
mod multipart;
mod pieces;
mod spool;

pub use file::{UploadFile, UploadReader};
pub(crate) use form::{FormValues, MultipartForm};
pub(crate) use multipart::{FormLimits, MAX_PARTS, MultipartError, parse};
