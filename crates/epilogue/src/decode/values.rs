//! Where texts come from: the query string, a form, headers and the segments of the path, looked up by name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use http::{HeaderMap, HeaderName};
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

impl Raw<'_> {
    /// Whether it is what a browser sends for a field that was left empty.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The value as errors repeat it.
    pub(super) fn shown(&self) -> Value {
        match self {
            Self::Json(value) => (*value).clone(),
            Self::Text(text) => Value::String(text.to_string()),
            Self::Opaque(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
            Self::File(name) => json!({ "filename": name }),
        }
    }
}

/// The values of one name, in the order in which they were sent.
pub(crate) type Raws<'v> = SmallVec<[Raw<'v>; 4]>;

/// Values, with their names if these differ.
pub(super) type NamedRaws<'v> = SmallVec<[(Option<Cow<'v, str>>, Raw<'v>); 4]>;

/// The values of one name as errors repeat them.
pub(super) fn shown_all(raws: &[Raw<'_>]) -> Value {
    match raws {
        [raw] => raw.shown(),
        raws => raws.iter().map(Raw::shown).collect(),
    }
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
        for pair in self.text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            visit(decoded(name), Raw::Text(decoded(value)));
        }
    }

    fn length(&self) -> usize {
        self.text.len()
    }
}

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

fn header_text(value: &http::HeaderValue) -> Raw<'_> {
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

/// The segments that the route's template captured, in the order of the template: still encoded, decoded when asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Captures<'r> {
    path: &'r str,
    names: &'r [String],
    ranges: &'r [(u32, u32)],
}

impl<'r> Captures<'r> {
    /// The bytes `ranges` of the path, under these names.
    pub(crate) fn new(path: &'r str, names: &'r [String], ranges: &'r [(u32, u32)]) -> Self {
        Self { path, names, ranges }
    }

    /// The names with their segments, which are still encoded.
    fn segments(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.names.iter().zip(self.ranges).map(move |(name, &(start, end))| {
            (name.as_str(), self.path.get(start as usize..end as usize).unwrap_or_default())
        })
    }
}

/// A segment, in which `+` is just a plus.
fn decoded_segment(segment: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', segment.as_bytes()).is_some() {
        percent_encoding::percent_decode_str(segment).decode_utf8_lossy()
    } else {
        Cow::Borrowed(segment)
    }
}

impl Values for Captures<'_> {
    fn place(&self) -> Place {
        Place::Path
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        let (_, segment) = self.segments().find(|(key, _)| *key == name)?;
        Some(Raw::Text(decoded_segment(segment)))
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.one(name).into_iter().collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, segment) in self.segments() {
            visit(Cow::Borrowed(name), Raw::Text(decoded_segment(segment)));
        }
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

/// All names of a place with their values, in the order in which they first appear.
///
/// It takes one walk over the place; looking up one name after another takes a walk per name.
pub(super) struct Index<'v> {
    place: Place,
    positions: HashMap<Cow<'v, str>, usize>,
    pub(super) groups: Vec<(Cow<'v, str>, Raws<'v>)>,
}

impl<'v> Index<'v> {
    pub(super) fn new(of: &'v dyn Values) -> Self {
        let mut positions: HashMap<Cow<'v, str>, usize> = HashMap::new();
        let mut groups: Vec<(Cow<'v, str>, Raws<'v>)> = Vec::new();
        of.each(&mut |name, raw| match positions.entry(name) {
            Entry::Occupied(position) => groups[*position.get()].1.push(raw),
            Entry::Vacant(position) => {
                groups.push((position.key().clone(), Raws::from_iter([raw])));
                position.insert(groups.len() - 1);
            }
        });
        Self { place: of.place(), positions, groups }
    }

    /// The names, each with the value that counts.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Raw<'_>)> + Clone {
        self.groups.iter().filter_map(|(name, raws)| Some((&**name, self.place.counting(raws)?.clone())))
    }

    fn group(&self, name: &str) -> &[Raw<'v>] {
        self.positions.get(name).map_or(&[], |&position| &self.groups[position].1)
    }
}

impl Values for Index<'_> {
    fn place(&self) -> Place {
        self.place
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.place.counting(self.group(name)).cloned()
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.group(name).iter().cloned().collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, raws) in &self.groups {
            for raw in raws {
                visit(Cow::Borrowed(name), raw.clone());
            }
        }
    }
}

/// A place with the same names, in which every value is one that whoever reads it refuses.
pub(super) struct Unreadable<'v>(pub(super) &'v dyn Values);

pub(super) const UNREADABLE: &[u8] = b"\xff unreadable";

/// The same as serde reads it for the name of a variant.
pub(super) const UNREADABLE_NAME: &str = "\u{fffd} unreadable";

impl Values for Unreadable<'_> {
    fn place(&self) -> Place {
        self.0.place()
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.0.one(name).map(|_| Raw::Opaque(UNREADABLE))
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.0.all(name).iter().map(|_| Raw::Opaque(UNREADABLE)).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        self.0.each(&mut |name, _| visit(name, Raw::Opaque(UNREADABLE)));
    }

    fn alone(&self, name: &str) -> Option<Raw<'_>> {
        self.0.alone(name).map(|_| Raw::Opaque(UNREADABLE))
    }

    fn length(&self) -> usize {
        self.0.length()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'v>(raws: impl IntoIterator<Item = Raw<'v>>) -> Vec<String> {
        let text = |raw| match raw {
            Raw::Text(text) => text.into_owned(),
            Raw::Opaque(bytes) => format!("{bytes:?}"),
            Raw::File(name) => format!("file {name}"),
            Raw::Json(value) => value.to_string(),
        };
        raws.into_iter().map(text).collect()
    }

    fn names(values: &dyn Values) -> Vec<String> {
        let mut names = Vec::new();
        values.each(&mut |name, _| names.push(name.into_owned()));
        names
    }

    fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in lines {
            let name = HeaderName::from_static(name);
            headers.append(name, http::HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_last_of_a_query_and_all_of_it() {
        let query = UrlEncoded::new("a=1&b=x%20y+z&a=2&c");
        let rows = [
            ("a", Some("2"), vec!["1", "2"]),
            ("b", Some("x y z"), vec!["x y z"]),
            ("c", Some(""), vec![""]),
        ];
        for (name, one, all) in rows {
            assert_eq!(texts(query.one(name)), Vec::from_iter(one), "{name}");
            assert_eq!(texts(query.all(name)), all, "{name}");
            assert!(query.contains(name));
        }
        assert!(!query.contains("d"));
        assert_eq!(names(&query), ["a", "b", "a", "c"]);
    }

    #[test]
    fn a_plain_query_value_is_borrowed() {
        assert!(matches!(UrlEncoded::new("a=1").one("a"), Some(Raw::Text(Cow::Borrowed("1")))));
    }

    #[test]
    fn what_a_form_left_empty_is_no_value_alone() {
        let form = UrlEncoded::form("a=&b=1&b=&c=&c=");
        assert_eq!((form.alone("a"), form.alone("b"), form.alone("c")), (None, None, None));
        assert_eq!(texts(form.one("a")), [""]);
        assert_eq!(texts(form.all("b")), ["1", ""]);
        assert_eq!(texts(form.all("c")), ["", ""]);
        assert!(UrlEncoded::new("a=").alone("a").is_some());
    }

    #[test]
    fn the_first_of_a_header_in_any_case() {
        let map = headers(&[("x-a", b"1"), ("x-a", b"2"), ("x-b", b"\xff")]);
        let values = Headers::new(&map, None);
        assert_eq!(texts(values.one("X-A")), ["1"]);
        assert_eq!(texts(values.all("x-a")), ["1", "2"]);
        assert_eq!(values.one("x-b"), Some(Raw::Opaque(b"\xff")));
        assert_eq!(values.one("no header name"), None);
        assert_eq!(values.place().key("x_a"), "x-a");
    }

    #[test]
    fn captures_are_decoded_in_order() {
        let names_of = [String::from("user"), String::from("item")];
        let path = "/users/a%20b/items/7";
        let values = Captures::new(path, &names_of, &[(7, 12), (19, 20)]);
        assert_eq!(texts(values.one("user")), ["a b"]);
        assert_eq!(texts(values.one("item")), ["7"]);
        assert_eq!(values.one("none"), None);
        assert_eq!(names(&values), ["user", "item"]);
        // Ranges that do not fit the path are not the client's fault, nor a reason to panic.
        let values = Captures::new(path, &names_of, &[(90, 91), (8, 3)]);
        assert_eq!(texts(values.one("user")), [""]);
    }
}
