//! Files that clients send, and the multipart bodies in which they come.

mod file;
mod multipart;
mod spool;

pub use file::{UploadFile, UploadReader};
pub(crate) use multipart::{FormLimits, MAX_PARTS, MultipartError, MultipartForm, parse};

use std::borrow::Cow;

use crate::decode::{Raw, Raws, UrlEncoded, Values};

/// A form, in either way in which it may come.
#[derive(Debug)]
pub(crate) enum FormValues<'r> {
    UrlEncoded(UrlEncoded<'r>),
    Multipart(&'r MultipartForm),
}

impl Values for FormValues<'_> {
    fn one(&self, name: &str) -> Option<Raw<'_>> {
        match self {
            Self::UrlEncoded(form) => form.one(name),
            Self::Multipart(form) => form.one(name),
        }
    }

    fn all(&self, name: &str) -> Raws<'_> {
        match self {
            Self::UrlEncoded(form) => form.all(name),
            Self::Multipart(form) => form.all(name),
        }
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        match self {
            Self::UrlEncoded(form) => form.each(visit),
            Self::Multipart(form) => form.each(visit),
        }
    }

    fn alone(&self, name: &str) -> Option<Raw<'_>> {
        match self {
            Self::UrlEncoded(form) => form.alone(name),
            Self::Multipart(form) => form.alone(name),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::UrlEncoded(form) => form.length(),
            Self::Multipart(form) => form.length(),
        }
    }
}
