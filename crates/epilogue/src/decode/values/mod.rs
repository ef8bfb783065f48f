//! Where texts come from: the query string, a form, headers, cookies and the segments of the path, looked up by name.

mod captures;
#[cfg(feature = "cookie")]
mod cookies;
mod headers;
mod index;
#[cfg(test)]
pub(super) mod tests;
mod unreadable;
mod url_encoded;

pub(crate) use captures::Captures;
#[cfg(feature = "cookie")]
pub(crate) use cookies::Cookies;
pub(crate) use headers::Headers;
pub(crate) use index::Index;
pub(super) use unreadable::{UNREADABLE_NAME, Unreadable};
pub(crate) use url_encoded::UrlEncoded;

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use smallvec::SmallVec;

use crate::rejection::Place;

/// One value as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw<'v> {
    /// A value of a JSON body.
    Json(&'v Value),
    /// Text, decoded as its place requires.
    Text(Cow<'v, str>),
    /// Bytes that are not text: only headers can carry them.
    Opaque(&'v [u8]),
    /// A file of a form, by its name.
    #[cfg_attr(not(feature = "multipart"), allow(dead_code, reason = "no other form has files"))]
    File(&'v str),
}

impl<'v> Raw<'v> {
    /// Whether it is what a browser sends for a field that was left empty.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The value as errors repeat it.
    pub(super) fn shown(&self) -> Cow<'v, Value> {
        Cow::Owned(match self {
            Self::Json(value) => return Cow::Borrowed(value),
            Self::Text(text) => Value::String(text.to_string()),
            Self::Opaque(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
            Self::File(name) => json!({ "filename": name }),
        })
    }
}

/// The values of one name, in the order in which they were sent.
pub(crate) type Raws<'v> = SmallVec<[Raw<'v>; 4]>;

/// Values, with their names if these differ.
pub(super) type NamedRaws<'v> = SmallVec<[(Option<Cow<'v, str>>, Raw<'v>); 4]>;

/// The values of one name as errors repeat them.
pub(super) fn shown_all(raws: &[Raw<'_>]) -> Value {
    match raws {
        [raw] => raw.shown().into_owned(),
        raws => list(raws),
    }
}

/// The same, where a list is wanted.
pub(super) fn list(raws: &[Raw<'_>]) -> Value {
    raws.iter().map(|raw| raw.shown().into_owned()).collect()
}

/// The raw values of one place of a request.
///
/// Lookups go through the request's own text each time: a request has few values, and a scalar that is found in place
/// costs no allocation.
pub(crate) trait Values {
    /// Which place it is.
    fn place(&self) -> Place;

    /// The value that counts when one is asked for; which of several that is depends on the place.
    fn one(&self, name: &str) -> Option<Raw<'_>>;

    /// All values of the name, in order.
    fn all(&self, name: &str) -> Raws<'_>;

    /// Whether the request has a value of the name.
    fn contains(&self, name: &str) -> bool {
        self.one(name).is_some()
    }

    /// Hands out every name with its value, in order.
    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>));

    /// The value of a parameter that is a single value. A browser sends a field that was left empty as an empty text. In a form,
    /// that is not a value here; it is one in a list, or where a struct over the whole form wants a text.
    fn alone(&self, name: &str) -> Option<Raw<'_>> {
        self.one(name).filter(|raw| self.place() != Place::Body || !raw.is_empty())
    }

    /// How many bytes a walk over the place reads, if a client can make them many; otherwise zero.
    fn length(&self) -> usize {
        0
    }

    /// The same values for looking up one name after another, if each time would be a walk over a long text.
    fn index(&self) -> Option<Index<'_>> {
        None
    }
}

impl Place {
    /// The name under which a struct's field is looked up.
    pub(super) fn key(self, field: &str) -> Cow<'_, str> {
        if self == Self::Header && field.contains('_') {
            Cow::Owned(field.replace('_', "-"))
        } else {
            Cow::Borrowed(field)
        }
    }

    /// Whether a struct that denies unknown fields may refuse names that nobody asked for. A browser sends headers that no
    /// application has heard of, and a struct may want some of the path's segments and leave the rest to another parameter.
    pub(super) fn tells_unknown(self) -> bool {
        !matches!(self, Self::Header | Self::Path)
    }

    /// Whether the error for a missing field repeats everything that was sent, as FastAPI does. Headers and cookies hold
    /// secrets, so of those only the fields of the struct are repeated.
    pub(super) fn echoes_all(self) -> bool {
        !matches!(self, Self::Header | Self::Cookie)
    }

    /// Which of several values counts: the first of headers, otherwise the last, as in Starlette.
    fn counting<'s, 'v>(self, raws: &'s [Raw<'v>]) -> Option<&'s Raw<'v>> {
        if self == Self::Header { raws.first() } else { raws.last() }
    }
}

/// The fields of an object in a JSON body.
impl Values for Map<String, Value> {
    fn place(&self) -> Place {
        Place::Body
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.get(name).map(Raw::Json)
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.one(name).into_iter().collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, value) in self {
            visit(name.into(), Raw::Json(value));
        }
    }
}
