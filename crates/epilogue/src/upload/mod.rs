//! Files that clients send, and the multipart bodies in which they come.

mod file;
mod multipart;
mod spool;

pub use file::{UploadFile, UploadReader};
pub(crate) use multipart::{FormLimits, MAX_PARTS, MultipartError, MultipartForm, parse};

use std::borrow::Cow;

use crate::decode::{Index, Raw, Raws, UrlEncoded, Values};
use crate::rejection::Place;

/// A form, whichever of the two ways it was sent.
#[derive(Debug)]
pub(crate) enum FormValues<'r> {
    UrlEncoded(UrlEncoded<'r>),
    Multipart(&'r MultipartForm),
}

impl FormValues<'_> {
    /// What it has under a name for which files are wanted: files, or texts in their place.
    pub(crate) fn uploads(&self, name: &str) -> Vec<Result<UploadFile, String>> {
        let form = match self {
            Self::Multipart(form) => return form.uploads(name),
            Self::UrlEncoded(form) => form,
        };
        let texts = form.all(name).into_iter().filter_map(|raw| match raw {
            Raw::Text(text) => Some(Err(text.into_owned())),
            _ => None,
        });
        texts.collect()
    }

    fn values(&self) -> &dyn Values {
        match self {
            Self::UrlEncoded(form) => form,
            Self::Multipart(form) => *form,
        }
    }
}

impl Values for FormValues<'_> {
    fn place(&self) -> Place {
        Place::Body
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.values().one(name)
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.values().all(name)
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        self.values().each(visit);
    }

    fn length(&self) -> usize {
        self.values().length()
    }

    fn index(&self) -> Option<Index<'_>> {
        self.values().index()
    }
}
