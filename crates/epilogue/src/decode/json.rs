//! JSON bodies.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::flaw;
use super::node::{Node, Sent};
use super::object::ObjectOnly;
use super::path::Path;
use super::rules::Rules;
use super::session::Session;
use super::syntax::{Wrong, first_wrong};
use super::values::Raw;
use crate::param::ParamOptions;
use crate::rejection::{Invalid, Place};

/// Decodes a JSON body or, if several parameters share the body, the part of it under the key `embed`.
///
/// A good body is read once, by `serde_json`. Only one that does not fit, or has limits to check, is looked at in detail.
pub(crate) fn from_json<T: DeserializeOwned>(
    bytes: &[u8],
    embed: Option<&str>,
    limits: Option<&ParamOptions>,
) -> Result<T, Vec<Invalid>> {
    let rules = Rules::of(limits);
    let bytes = without_mark(bytes);
    if rules.is_empty()
        && let Some(value) = quick(bytes, embed)
    {
        return Ok(value);
    }
    let body = match bytes {
        [] => None,
        bytes => {
            Some(serde_json::from_slice::<Value>(bytes).map_err(|error| vec![syntax_error(bytes, &error)])?)
        }
    };
    match (embed, &body) {
        (Some(key), Some(body)) if !body.is_object() && !body.is_null() => Err(vec![no_object(key)]),
        _ => in_detail(body.as_ref(), embed, rules, || quick(bytes, embed)),
    }
}

/// Decodes a body that is not declared as JSON: it is a text, which some types take.
pub(crate) fn from_text<T: DeserializeOwned>(
    bytes: &[u8],
    limits: Option<&ParamOptions>,
) -> Result<T, Vec<Invalid>> {
    let text = Value::String(String::from_utf8_lossy(bytes).into_owned());
    in_detail(Some(&text), None, Rules::of(limits), || None)
}

/// `exactly` reads the value once more where a [`Value`] does not hold it as it was sent.
fn in_detail<T: DeserializeOwned>(
    body: Option<&Value>,
    embed: Option<&str>,
    rules: Rules<'_>,
    exactly: impl Fn() -> Option<T>,
) -> Result<T, Vec<Invalid>> {
    let root = Path::root(Place::Body.as_str());
    let embedded = embed.map(|key| root.name(key, 0));
    let (path, value) = match (&embedded, embed) {
        (Some(path), Some(key)) => (path, body.and_then(|body| body.get(key))),
        _ => (&root, body),
    };
    // As in FastAPI, a body that is null counts as absent.
    let value = value.filter(|value| !value.is_null());
    Session::run(Place::Body, |session| {
        let sent = value.map_or(Sent::Nothing(None), |value| Sent::Raw(Raw::Json(value)));
        let result = T::deserialize(Node { session, path, rules, sent });
        match session.settle_all(path, &|| value.map_or_else(Cow::default, Cow::Borrowed), result) {
            Ok(value) if session.is_inexact.get() => Ok(exactly().unwrap_or(value)),
            settled => settled,
        }
    })
}

/// As in FastAPI, a body that is not an object lacks even the keys that may be missing.
fn no_object(key: &str) -> Invalid {
    let loc = vec![Place::Body.as_str().into(), key.to_owned().into()];
    flaw::MISSING.at(loc, Value::Null)
}

/// Whether there is a body, or a part of it under the key `embed`, so that no default is needed. What is not JSON counts: it is
/// refused when it is read.
pub(crate) fn is_given(bytes: &[u8], embed: Option<&str>) -> bool {
    let bytes = without_mark(bytes);
    if bytes.is_empty() {
        return false;
    }
    match embed {
        None => serde_json::from_slice(bytes).map_or(true, |body: Option<IgnoredAny>| body.is_some()),
        Some(key) => {
            pick(bytes, key).map_or(true, |value: Option<Option<IgnoredAny>>| value.flatten().is_some())
        }
    }
}

/// Checks that a body is JSON at all.
#[expect(clippy::result_large_err, reason = "made once a request, and only for a body that is no JSON")]
pub(crate) fn check_json(bytes: &[u8]) -> Result<(), Invalid> {
    let bytes = without_mark(bytes);
    if bytes.is_empty() {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map(drop).map_err(|error| syntax_error(bytes, &error))
}

/// The body without the byte order mark that some clients send before it.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The value, if there is nothing to report.
fn quick<T: DeserializeOwned>(bytes: &[u8], embed: Option<&str>) -> Option<T> {
    if let Some(key) = embed {
        return pick(bytes, key).ok()?;
    }
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(ObjectOnly::new(&mut parser)).ok()?;
    parser.end().ok()?;
    Some(value)
}

/// The value of one key of an object, if it has the key. A body that is null has none.
fn pick<T: DeserializeOwned>(bytes: &[u8], key: &str) -> serde_json::Result<Option<T>> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = parser.deserialize_any(Pick { key, value: PhantomData })?;
    parser.end()?;
    Ok(value)
}

struct Pick<'k, T> {
    key: &'k str,
    value: PhantomData<T>,
}

/// A key that is not copied unless it has an escape.
#[derive(Deserialize)]
struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Pick<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(Key(key)) = fields.next_key()? {
            // If a key is repeated, the last one counts, as everywhere in JSON.
            if key == self.key {
                found = Some(fields.next_value_seed(ObjectOnly::new(PhantomData))?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// What is wrong with a text that is not JSON, and where.
fn syntax_error(bytes: &[u8], error: &serde_json::Error) -> Invalid {
    let text = String::from_utf8_lossy(bytes);
    let (reason, before) = match first_wrong(&text) {
        Err(Wrong { reason, at }) => (Cow::Borrowed(reason), text.as_bytes().get(..at)),
        // Something that Python takes and JSON does not have, or something nested too deep.
        Ok(()) => (Cow::Owned(reason_of(error)), bytes.get(..offset(bytes, error.line(), error.column()))),
    };
    // Python counts characters.
    let position = String::from_utf8_lossy(before.unwrap_or(bytes)).chars().count();
    let loc = vec![Place::Body.as_str().into(), position.into()];
    flaw::json_invalid(&reason).at(loc, Value::Object(Map::new()))
}

/// The message of `serde_json`, without the position.
fn reason_of(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(&*message, |(reason, _)| reason).to_owned()
}

/// The offset of a position that is given by its line and the byte within it, both from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let start: usize =
        bytes.split_inclusive(|&byte| byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    start + column.saturating_sub(1)
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON literals are arguments everywhere here")]
mod tests;
