//! The headers of a request.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Raw, Raws, Values};
use crate::rejection::Place;

/// The headers. Names are compared without regard to case; `_` in the name of a struct's field stands for `-`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Headers<'r> {
    map: &'r HeaderMap,
    asked: Option<(&'static str, &'r HeaderName)>,
}

impl<'r> Headers<'r> {
    /// `asked` is the name that will most likely be looked up, if it is already there as a `HeaderName`.
    pub(crate) fn new(map: &'r HeaderMap, asked: Option<(&'static str, &'r HeaderName)>) -> Self {
        Self { map, asked }
    }
}

fn header_text(value: &HeaderValue) -> Raw<'_> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Raw::Text(Cow::Borrowed(text)),
        Err(_) => Raw::Opaque(value.as_bytes()),
    }
}

impl Values for Headers<'_> {
    fn place(&self) -> Place {
        Place::Header
    }

    // The first one counts, as in Starlette's `Headers`.
    fn one(&self, name: &str) -> Option<Raw<'_>> {
        let value = match self.asked {
            // The very same text, not just an equal one: that is known without reading it.
            Some((asked, header)) if std::ptr::eq(asked, name) => self.map.get(header),
            _ => self.map.get(name),
        };
        value.map(header_text)
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.map.get_all(name).iter().map(header_text).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, value) in self.map {
            visit(Cow::Borrowed(name.as_str()), header_text(value));
        }
    }
}
