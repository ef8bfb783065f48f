//! A form as it is looked into, whether it has files or texts alone.

use std::borrow::Cow;

use super::UploadFile;
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
        let as_upload = |part: &Part| match part {
            Part::File(file) => Ok(file.clone()),
            Part::Text(text) => Err(text.clone()),
        };
        let as_text =
            |raw: Raw<'_>| if let Raw::Text(text) = raw { Some(Err(text.into_owned())) } else { None };
        match self {
            Self::Multipart(form) => form.parts(name).map(as_upload).collect(),
            Self::UrlEncoded(form) => form.all(name).into_iter().filter_map(as_text).collect(),
        }
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

/// A form as it was sent, in order.
#[derive(Debug, Default)]
pub(crate) struct MultipartForm {
    pub(super) parts: Vec<(String, Part)>,
}

#[derive(Debug)]
pub(super) enum Part {
    Text(String),
    File(UploadFile),
}

impl MultipartForm {
    /// The parts with this name, in order.
    fn parts(&self, name: &str) -> impl DoubleEndedIterator<Item = &Part> {
        self.parts.iter().filter(move |(key, _)| key == name).map(|(_, part)| part)
    }
}

impl Part {
    /// How it is read where a text is wanted.
    fn raw(&self) -> Raw<'_> {
        match self {
            Self::Text(text) => Raw::Text(text.into()),
            Self::File(file) => Raw::File(file.filename()),
        }
    }
}

/// The texts of the form: of several, the last one counts. An index would lack the files, which are found only by their names.
impl Values for MultipartForm {
    fn place(&self) -> Place {
        Place::Body
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.parts(name).next_back().map(Part::raw)
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.parts(name).map(Part::raw).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, part) in &self.parts {
            if let Part::Text(text) = part {
                visit(name.into(), Raw::Text(text.into()));
            }
        }
    }

    fn length(&self) -> usize {
        self.parts.iter().map(|(name, _)| name.len()).sum()
    }
}
