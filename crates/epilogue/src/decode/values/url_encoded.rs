//! A query string or a form of texts.

use std::borrow::Cow;

use super::{Index, Raw, Raws, Values};
use crate::rejection::Place;

/// A query string or a form (`application/x-www-form-urlencoded`), still encoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UrlEncoded<'r> {
    text: &'r str,
    place: Place,
}

impl<'r> UrlEncoded<'r> {
    /// A query string.
    pub(crate) fn new(query: &'r str) -> Self {
        Self { text: query, place: Place::Query }
    }

    /// A form.
    pub(crate) fn form(text: &'r str) -> Self {
        Self { text, place: Place::Body }
    }

    /// The values of a name, the last one first. Only these are decoded, not everything that was sent.
    fn values(self, name: &str) -> impl Iterator<Item = Cow<'r, str>> {
        // What `rsplit` does, which takes 80 instructions more of each parameter.
        let mut rest = Some(self.text);
        let pairs = std::iter::from_fn(move || {
            let text = rest?;
            let Some(at) = memchr::memrchr(b'&', text.as_bytes()) else { return rest.take() };
            rest = Some(&text[..at]);
            Some(&text[at + 1..])
        });
        let plain = !is_encoded(self.text) && !name.bytes().any(|byte| byte == b'=');
        pairs.filter_map(move |pair| {
            if plain { plain_value(pair, name).map(Cow::Borrowed) } else { value(pair, name).map(decoded) }
        })
    }
}

/// The value of a pair in which nothing is encoded, if the pair has this name, which contains no `=`. A pair without `=` has an empty value.
fn plain_value<'r>(pair: &'r str, name: &str) -> Option<&'r str> {
    let rest = pair.strip_prefix(name)?;
    match rest.as_bytes().first() {
        Some(b'=') => Some(&rest[1..]),
        None if !pair.is_empty() => Some(""),
        _ => None,
    }
}

/// The same where something may be encoded. The value is returned still encoded.
fn value<'r>(pair: &'r str, name: &str) -> Option<&'r str> {
    let end = pair.bytes().position(|byte| byte == b'=').unwrap_or(pair.len());
    let key = &pair[..end];
    let is_asked_for = if is_encoded(key) { decoded(key) == name } else { key == name };
    (is_asked_for && !pair.is_empty()).then(|| pair.get(end + 1..).unwrap_or_default())
}

fn is_encoded(text: &str) -> bool {
    memchr::memchr2(b'%', b'+', text.as_bytes()).is_some()
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !is_encoded(text) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

impl Values for UrlEncoded<'_> {
    fn place(&self) -> Place {
        self.place
    }

    // The last one counts, as in Starlette's `QueryParams` and `FormData`.
    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.values(name).next().map(Raw::Text)
    }

    fn all(&self, name: &str) -> Raws<'_> {
        let mut all: Raws<'_> = self.values(name).map(Raw::Text).collect();
        all.reverse();
        all
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, value) in form_urlencoded::parse(self.text.as_bytes()) {
            visit(name, Raw::Text(value));
        }
    }

    fn length(&self) -> usize {
        self.text.len()
    }

    fn index(&self) -> Option<Index<'_>> {
        Index::of_long(self)
    }
}
