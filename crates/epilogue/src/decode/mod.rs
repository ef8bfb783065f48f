//! The raw values of a request as Rust types.
//!
//! One value, repeated values or a whole struct: whichever the type's `Deserialize` asks for. What does not fit is reported
//! in the words and the shape of FastAPI, all of it at once.
//!
//! A single good value is read by `quick`, a good JSON body by `serde_json`. All else is read by the one deserialiser of `node`, which
//! `access` lets structs, maps and lists look into, and `session` reads it again until all that is wrong is known.

#[macro_use]
mod methods;

mod access;
mod fault;
pub(crate) mod flaw;
mod json;
mod node;
mod object;
mod path;
#[cfg(feature = "pattern")]
mod pattern;
mod quick;
mod rules;
mod scalar;
mod session;
mod shape;
mod slot;
mod syntax;
mod values;
mod wild;

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use self::fault::Fault;
#[cfg(feature = "multipart")]
use self::flaw::Flaw;
use self::node::{Node, Sent};
use self::path::Path;
use self::quick::Absent;
use self::rules::Rules;
use self::session::Session;
use self::slot::{Role, Slot};

pub(crate) use self::json::{check_json, from_json, from_text, is_given};
#[cfg(feature = "pattern")]
pub(crate) use self::pattern::compiled;
#[cfg(feature = "openapi")]
pub(crate) use self::rules::bound_as_json;
pub(crate) use self::shape::{Shape, is_one_field, shape};
#[cfg(feature = "cookie")]
pub(crate) use self::values::Cookies;
use self::values::Unreadable;
pub(crate) use self::values::{Captures, Headers, Raw, UrlEncoded, Values};
#[cfg(feature = "multipart")]
pub(crate) use self::values::{Index, Raws};
use crate::param::ParamOptions;
use crate::rejection::{Invalid, Loc};

/// Decodes a parameter from the values of a place.
///
/// `name` is what is looked up and what errors call it. A struct or a map takes the place as a whole, by the names of its
/// fields; a tuple or list of the path takes its segments in order.
pub(crate) fn decode<T: DeserializeOwned>(
    values: &impl Values,
    name: &str,
    limits: Option<&ParamOptions>,
) -> Result<T, Vec<Invalid>> {
    let rules = Rules::of(limits);
    match quick::quick(values, name, rules) {
        Some(value) => Ok(value),
        None => in_detail(values, name, rules),
    }
}

fn in_detail<T: DeserializeOwned>(
    values: &dyn Values,
    name: &str,
    rules: Rules<'_>,
) -> Result<T, Vec<Invalid>> {
    let errors = match attempt(values, name, rules) {
        Ok(value) => return Ok(value),
        Err(errors) => errors,
    };
    match T::deserialize(Absent) {
        Ok(absent) if lacks_all::<T>(&errors, values, name, rules) => Ok(absent),
        _ => Err(errors),
    }
}

/// Whether nothing of the type was sent. Serde does not say what is read by a struct that flattens another one, or by an enum with a
/// tag. So nothing was sent if the same is missing, and nothing else is wrong, when no value can be read.
fn lacks_all<T: DeserializeOwned>(
    errors: &[Invalid],
    values: &dyn Values,
    name: &str,
    rules: Rules<'_>,
) -> bool {
    errors.iter().all(|error| error.kind == flaw::MISSING.kind)
        && attempt::<T>(&Unreadable(values), name, rules).is_err_and(|unread| {
            let told = |error: &Invalid| (error.kind.clone(), error.loc.clone());
            unread.iter().map(told).eq(errors.iter().map(told))
        })
}

fn attempt<T: DeserializeOwned>(
    values: &dyn Values,
    name: &str,
    rules: Rules<'_>,
) -> Result<T, Vec<Invalid>> {
    let root = Path::root(values.place().as_str());
    let path = root.name(name, 0);
    Session::run(values.place(), |session| {
        session.walk(values.length());
        let slot = || Slot { values, name, role: Role::Parameter, picked: None };
        let result = match T::deserialize(Node { session, path: &path, rules, sent: Sent::Slot(slot()) }) {
            Err(Fault::Nothing) => T::deserialize(Absent),
            other => other,
        };
        let path = if session.is_whole.get() { &root } else { &path };
        session.settle_all(path, &|| Cow::Owned(slot().input(session)), result)
    })
}

/// The segment that a parameter of the path misses where there are only these, whatever they hold.
pub(crate) fn missing<T: DeserializeOwned>(name: &str, segments: &[String]) -> Option<String> {
    let ranges = vec![(0, 1); segments.len()];
    let values = Captures::new("1", segments, &ranges);
    let errors = in_detail::<T>(&values, name, Rules::None).err().unwrap_or_default();
    errors.into_iter().filter(|error| error.kind == flaw::MISSING.kind).find_map(|error| {
        match error.loc.into_iter().nth(1) {
            Some(Loc::Name(name)) if !segments.iter().any(|segment| *segment == name) => {
                Some(name.into_owned())
            }
            _ => None,
        }
    })
}

/// What is wrong with the number of a list's items, if nothing else is.
#[cfg(feature = "multipart")]
pub(crate) fn wrong_count(count: usize, options: &ParamOptions) -> Option<Flaw> {
    let rules = Rules::Value(options);
    rules.too_many(count).or_else(|| rules.too_few(count))
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON literals are arguments everywhere here")]
mod tests;
