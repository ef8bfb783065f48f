//! The cookies of a request.

use std::borrow::Cow;

use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};

use super::{Raw, Raws, Values};
use crate::rejection::Place;

/// The cookies: of all `Cookie` headers, percent-decoded, without the quotes that may stand around a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies<'r>(&'r HeaderMap);

impl<'r> Cookies<'r> {
    pub(crate) fn new(headers: &'r HeaderMap) -> Self {
        Self(headers)
    }

    fn cookies(self) -> impl Iterator<Item = Cookie<'r>> {
        self.0
            .get_all(header::COOKIE)
            .iter()
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            // What is neither text nor a cookie was put there by some other application of the same host.
            .filter_map(|pair| std::str::from_utf8(pair).ok())
            .flat_map(|pair| Cookie::split_parse_encoded(pair).flatten())
    }
}

fn cookie_text<'v>(cookie: &Cookie<'v>) -> Raw<'v> {
    // Borrowed from the header where nothing had to be decoded.
    Raw::Text(match cookie.value_raw() {
        Some(value) => {
            let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            Cow::Borrowed(inner.unwrap_or(value))
        }
        None => Cow::Owned(cookie.value_trimmed().to_owned()),
    })
}

impl Values for Cookies<'_> {
    fn place(&self) -> Place {
        Place::Cookie
    }

    // The last one counts: Starlette collects cookies into a dictionary.
    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.cookies().filter(|cookie| cookie.name() == name).last().map(|cookie| cookie_text(&cookie))
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.cookies().filter(|cookie| cookie.name() == name).map(|cookie| cookie_text(&cookie)).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for cookie in self.cookies() {
            let name = match cookie.name_raw() {
                Some(name) => Cow::Borrowed(name),
                None => Cow::Owned(cookie.name().to_owned()),
            };
            visit(name, cookie_text(&cookie));
        }
    }

    fn length(&self) -> usize {
        self.0.get_all(header::COOKIE).iter().map(HeaderValue::len).sum()
    }
}
