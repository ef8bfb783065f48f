//! The cookies of a request.

use std::borrow::Cow;

use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};

use super::{Index, Raw, Raws, Values};
use crate::rejection::Place;

/// The cookies: of all `Cookie` headers, percent-decoded, without the quotes that may stand around a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies<'r>(&'r HeaderMap);

impl<'r> Cookies<'r> {
    pub(crate) fn new(headers: &'r HeaderMap) -> Self {
        Self(headers)
    }

    /// The names with their values.
    fn pairs(self) -> impl Iterator<Item = (Cow<'r, str>, Cow<'r, str>)> {
        self.0
            .get_all(header::COOKIE)
            .iter()
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            // What is neither text nor a cookie was put there by some other application of the same host.
            .filter_map(|pair| Cookie::parse(std::str::from_utf8(pair).ok()?).ok())
            .filter_map(|cookie| {
                Some((decoded(cookie.name_raw()?)?, decoded(unquoted(cookie.value_raw()?))?))
            })
    }

    fn of_name(self, name: &str) -> impl Iterator<Item = Raw<'r>> {
        self.pairs().filter(move |(key, _)| key == name).map(|(_, value)| Raw::Text(value))
    }
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok()
}

/// Before it is decoded: a quote that is encoded belongs to the value.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

impl Values for Cookies<'_> {
    fn place(&self) -> Place {
        Place::Cookie
    }

    // The last one counts: Starlette collects cookies into a dictionary.
    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.of_name(name).last()
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.of_name(name).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        self.pairs().for_each(|(name, value)| visit(name, Raw::Text(value)));
    }

    fn length(&self) -> usize {
        self.0.get_all(header::COOKIE).iter().map(HeaderValue::len).sum()
    }

    fn index(&self) -> Option<Index<'_>> {
        Index::of_long(self)
    }
}
