//! The text of cookies, as far as it takes no more than a name and a value.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What is no part of a name or value as it is: that of the `cookie` crate.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'#')
    .add(b'?')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'=')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'|')
    .add(b'%')
    .add(b'(')
    .add(b')')
    .add(b',');

/// A name and its value, encoded.
pub(crate) fn encoded(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED))
}

/// The names and values of a `Cookie` header, decoded; what is none is left out.
pub(crate) fn decoded(header: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    header.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return None;
        }
        Some((percent_decode_str(name).decode_utf8().ok()?, percent_decode_str(value).decode_utf8().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let header = format!("{}; {}", encoded("a b", "1;2=3"), encoded("c", "ä\"\r\n"));
        assert_eq!(header, "a%20b=1%3B2%3D3; c=%C3%A4%22%0D%0A");
        let pairs: Vec<_> = decoded(&header).collect();
        assert_eq!(pairs, [("a b".into(), "1;2=3".into()), ("c".into(), "ä\"\r\n".into())]);
    }

    #[test]
    fn what_is_no_cookie_is_left_out() {
        let pairs: Vec<_> = decoded("a=1;; =2; c; d=%FF; e = \"5\" ;f=").collect();
        assert_eq!(pairs, [("a".into(), "1".into()), ("e".into(), "\"5\"".into()), ("f".into(), "".into())]);
    }
}
