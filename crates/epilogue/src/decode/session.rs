//! One decoding: a single pass when all is well, and repeated passes over the same values when it is not.
//!
//! Serde stops at the first error, and FastAPI reports them all. So when the first pass has failed, the value is decoded
//! again, and what is wrong is noted instead of returned: the place of a bad value is filled by a [`Wild`] one, and
//! decoding goes on. What only the type itself can refuse (a missing field, a custom check) ends a pass all the same; it is
//! noted, its place is a *hole* from then on, filled in advance, and the next pass gets further. Where no filling pleases
//! the type, the place is moved behind everything else of its struct, or left out of its list.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::de;
use serde_json::Value;
use smallvec::SmallVec;

use super::flaw::{self, Flaw};
use super::values::UNREADABLE_NAME;
use super::wild::Wild;
use crate::rejection::{Invalid, Loc, Place};

/// How many errors are reported at most. FastAPI reports them all, but here a request must not cause a reply of any size.
const MAX_ERRORS: usize = 1000;

/// How many passes are made at most: one for each value that its own type refuses, and a few more.
const MAX_PASSES: usize = 192;

/// How many values may be looked at in all passes together. The pass that reaches this is the last.
const MAX_VISITS: usize = 200_000;

/// How much input (in bytes, roughly) all errors together repeat. Each error of a large object repeats the whole of it.
const MAX_ECHO: usize = 256 * 1024;

/// The way to a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    pub(super) parent: Option<&'a Path<'a>>,
    pub(super) step: Step<'a>,
    /// Where the value stands among its siblings, which gives errors their order.
    pub(super) rank: usize,
}

/// The last step of a [`Path`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// What tells one struct or enum from another: [`std::any::type_name`] of its visitor.
pub(super) type TypeName = &'static str;

/// The ranks along a path, which identify it within one decoding.
type Key = SmallVec<[usize; 8]>;

impl<'a> Path<'a> {
    pub(super) fn root(name: &'a str) -> Self {
        Self { parent: None, step: Step::Name(name), rank: 0 }
    }

    pub(super) fn name(&'a self, name: &'a str, rank: usize) -> Self {
        Self { parent: Some(self), step: Step::Name(name), rank }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index), rank: index }
    }

    fn upwards(&self) -> impl Iterator<Item = &Path<'_>> {
        std::iter::successors(Some(self), |path| path.parent)
    }

    fn key(&self) -> Key {
        let mut key: Key = self.upwards().map(|path| path.rank).collect();
        key.reverse();
        key
    }

    fn loc(&self) -> Vec<Loc> {
        let step = |path: &Path<'_>| match path.step {
            Step::Name(name) => Loc::Name(name.to_owned().into()),
            Step::Index(index) => Loc::Index(index),
        };
        let mut loc: Vec<_> = self.upwards().map(step).collect();
        loc.reverse();
        loc
    }
}

/// Why a pass ended early.
#[derive(Debug)]
pub(super) enum Fault {
    /// The parameter is absent and optional, whatever its type is.
    Nothing,
    /// The error has been noted, or need not be because this is the first pass.
    Noted,
    /// A struct lacks the field.
    Missing(&'static str),
    /// A struct got the field twice.
    Duplicate(&'static str),
    /// A struct denies this field.
    Unknown,
    /// An enum has only these variants.
    Variant(&'static [&'static str]),
    /// The tag of an object is none of these variants.
    Tag { tag: String, found: String, expected: &'static [&'static str] },
    /// An object lacks the tag that says which variant it is.
    Untagged(&'static str),
    /// An item of a list was asked for as the tag of an enum.
    Item,
    /// So the list was sent where an object with a tag is wanted.
    List,
    /// A type got a value of another kind than it takes.
    Type { expected: String, reason: String },
    /// A value that is no text was read, out of one of serde's own buffers.
    Opaque,
    /// A type refused a value.
    Refused(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("absent"),
            Self::Noted => f.write_str("invalid"),
            Self::Missing(field) => write!(f, "missing field `{field}`"),
            Self::Duplicate(field) => write!(f, "duplicate field `{field}`"),
            Self::Unknown => f.write_str("unknown field"),
            Self::Variant(_) | Self::Tag { .. } => f.write_str("unknown variant"),
            Self::Untagged(tag) => write!(f, "missing tag `{tag}`"),
            Self::Item | Self::List => f.write_str("a list"),
            Self::Opaque => f.write_str("not a text"),
            Self::Type { reason, .. } | Self::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(msg: T) -> Self {
        Self::Refused(msg.to_string())
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        if matches!(unexpected, de::Unexpected::Bytes(_)) {
            return Self::Opaque;
        }
        let reason = format!("invalid type: {unexpected}, expected {expected}");
        Self::Type { expected: expected.to_string(), reason }
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        if matches!(unexpected, de::Unexpected::Bytes(_)) {
            return Self::Opaque;
        }
        Self::custom(format_args!("invalid value: {unexpected}, expected {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Duplicate(field)
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        if variant == UNREADABLE_NAME { Self::Opaque } else { Self::Variant(expected) }
    }
}

impl Fault {
    /// The error at the value that a type got and refused.
    fn into_flaw(self, input: &Value) -> Flaw {
        match self {
            Self::Variant(expected) if !expected.is_empty() => flaw::not_a_variant(expected),
            Self::Tag { tag, found, expected } => flaw::union_tag_invalid(&tag, &found, expected),
            Self::Untagged(tag) => flaw::union_tag_not_found(tag),
            Self::List => flaw::MODEL_TYPE,
            Self::Opaque => flaw::STRING_UNICODE,
            // Serde takes a list as the fields of a struct, in order, if it has kept the list in a buffer.
            Self::Missing(_) if !input.is_object() => flaw::MODEL_TYPE,
            // The value came from one of serde's own buffers: for `flatten`, or for an untagged or tagged enum.
            Self::Type { expected, reason } => match (expected.as_str(), input) {
                ("a string", _) => flaw::STRING_TYPE,
                ("a boolean", _) => flaw::BOOL_TYPE,
                ("a sequence", _) => flaw::LIST_TYPE,
                ("a map", _) => flaw::DICT_TYPE,
                ("f32" | "f64", _) => flaw::FLOAT_TYPE,
                (
                    "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128" | "isize"
                    | "usize",
                    _,
                ) => flaw::INT_TYPE,
                (expected, _)
                    if ["struct ", "internally tagged "].iter().any(|word| expected.starts_with(word))
                        && !input.is_object() =>
                {
                    flaw::MODEL_TYPE
                }
                _ => flaw::value_error(&reason),
            },
            Self::Refused(reason) => match reason.strip_prefix("UUID parsing failed: ") {
                // The message of the crate `uuid`, which pydantic uses too.
                Some(reason) => flaw::uuid_parsing(reason),
                None => flaw::value_error(&reason),
            },
            other => flaw::value_error(&other.to_string()),
        }
    }
}

/// What one decoding knows of its value so far.
#[derive(Debug)]
pub(super) struct Session {
    /// `None` on the first pass, which ends at the first error.
    log: Option<RefCell<Log>>,
    /// Whether the parameter turned out to be a whole struct, whose fields stand where the parameter itself would.
    whole: Cell<bool>,
    /// Whether the type that was asked last takes all values of a name, not only the one that counts.
    several: Cell<bool>,
}

#[derive(Debug, Default)]
struct Log {
    found: BTreeMap<Key, Invalid>,
    /// Values that their type refused; they are filled without being looked at again.
    holes: HashSet<Key>,
    /// Fields that structs have been found to lack, by the struct's type: what one item of a list lacks, the others may lack too.
    gaps: HashMap<TypeName, Vec<Gap>>,
    /// Structs that deny unknown fields.
    strict: HashSet<TypeName>,
    /// Enums that take only the names that they list.
    closed: HashSet<TypeName>,
    /// The tag that was found for each enum that has one.
    tags: HashMap<Key, String>,
    /// How many fillings have been refused.
    fillings: HashMap<Key, usize>,
    /// Values that no filling can replace.
    hopeless: HashSet<Key>,
    /// Whether this pass has learnt something that gets the next one further.
    moved: bool,
    visits: usize,
    echoed: usize,
}

/// A field that a struct lacks.
#[derive(Debug, PartialEq, Eq)]
struct Gap {
    field: &'static str,
    /// The names that such a struct had when the field was missing: none of them is an alias of the field.
    beside: HashSet<String>,
}

impl Gap {
    /// Whether a struct with these names lacks the field too.
    fn is_of<'n>(&self, mut present: impl Iterator<Item = &'n str>) -> bool {
        present.all(|name| self.beside.contains(name))
    }
}

impl Log {
    /// Notes an error, unless the value has one already. Returns whether there was room for it.
    fn note(&mut self, path: &Path<'_>, flaw: Flaw, input: &dyn Fn() -> Value) -> bool {
        let key = path.key();
        if self.found.contains_key(&key) {
            return true;
        }
        if self.found.len() >= MAX_ERRORS {
            return false;
        }
        let input = input();
        let size = size(&input, MAX_ECHO - self.echoed);
        let input = if self.echoed + size < MAX_ECHO { input } else { Value::Null };
        self.echoed = (self.echoed + size).min(MAX_ECHO);
        self.found.insert(key, flaw.at(path.loc(), input));
        true
    }

    /// Makes the next pass get past a value that has an error: with another filling, or else without the value.
    fn get_past(&mut self, path: &Path<'_>) {
        if self.moved {
            return;
        }
        let key = path.key();
        if self.found.contains_key(&key) {
            let refused = self.fillings.entry(key.clone()).or_default();
            if *refused + 1 < Wild::FILLINGS {
                *refused += 1;
                self.moved = true;
                return;
            }
        }
        self.moved |= self.hopeless.insert(key);
    }

    /// Whether anything is wrong with the value of the key, or with a part of it. Parts come right after it.
    fn has_found(&self, key: &Key) -> bool {
        self.found.range(key.clone()..).next().is_some_and(|(known, _)| known.starts_with(key))
    }
}

impl Session {
    /// Decodes: once, or as often as it takes to know all that is wrong.
    pub(super) fn run<T>(
        place: Place,
        mut pass: impl FnMut(&Self) -> Result<T, Fault>,
    ) -> Result<T, Vec<Invalid>> {
        let first = Self { log: None, whole: Cell::default(), several: Cell::default() };
        if let Ok(value) = pass(&first) {
            return Ok(value);
        }
        let session = Self { log: Some(RefCell::default()), ..first };
        for _ in 0..MAX_PASSES {
            session.with_log(|log| log.moved = false);
            match pass(&session) {
                // A second look may find nothing wrong: an absent list among the fields is an empty one.
                Ok(value) if session.found() == 0 => return Ok(value),
                Err(_) if session.goes_on() => {}
                _ => break,
            }
        }
        Err(session.into_errors(place))
    }

    fn found(&self) -> usize {
        self.with_log(|log| log.found.len()).unwrap_or_default()
    }

    /// Whether another pass may find more.
    fn goes_on(&self) -> bool {
        self.with_log(|log| {
            let found = log.found.len();
            log.moved && (log.visits < MAX_VISITS || found == 0) && found < MAX_ERRORS
        })
        .unwrap_or_default()
    }

    fn into_errors(self, place: Place) -> Vec<Invalid> {
        let found = self.log.map(|log| log.into_inner().found).unwrap_or_default();
        if found.is_empty() {
            // Only a type that decides differently each time gets here; even then the request must fail with an error.
            let loc = vec![Loc::Name(place.as_str().into())];
            return vec![flaw::value_error("the value could not be decoded").at(loc, Value::Null)];
        }
        found.into_values().collect()
    }

    fn with_log<R>(&self, act: impl FnOnce(&mut Log) -> R) -> Option<R> {
        self.log.as_ref().map(|log| act(&mut log.borrow_mut()))
    }

    /// Notes that a pass walks over this many bytes, besides the values that it looks at.
    pub(super) fn walk(&self, bytes: usize) {
        // Looking at a value takes about as long as reading eight bytes.
        self.with_log(|log| log.visits += bytes / 8);
    }

    /// Notes that the parameter is a struct or map over the whole place.
    pub(super) fn take_whole(&self) {
        self.whole.set(true);
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole.get()
    }

    /// Notes whether the type that is asked now takes all values of a name.
    pub(super) fn take_several(&self, several: bool) {
        self.several.set(several);
    }

    pub(super) fn is_of_several(&self) -> bool {
        self.several.get()
    }

    /// What stands in for the value at the path.
    pub(super) fn filling(&self, path: &Path<'_>) -> Wild {
        let refused = self.with_log(|log| log.fillings.get(&path.key()).copied()).flatten();
        Wild::new(refused.unwrap_or_default())
    }

    /// Notes an error of a value that its visitor has not seen yet, and lets `fill` give the visitor another value.
    pub(super) fn flawed<T>(
        &self,
        path: &Path<'_>,
        flaw: Flaw,
        input: &dyn Fn() -> Value,
        fill: impl FnOnce(Wild) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.note(path, flaw, input)?;
        fill(self.filling(path)).map_err(|_| Fault::Noted)
    }

    /// Notes an error of a value that can be used all the same. One error too many ends the pass.
    pub(super) fn note(&self, path: &Path<'_>, flaw: Flaw, input: &dyn Fn() -> Value) -> Result<(), Fault> {
        match self.with_log(|log| log.note(path, flaw, input)) {
            Some(true) => Ok(()),
            _ => Err(Fault::Noted),
        }
    }

    /// Ends the decoding of one value: notes what its type refused as an error of this value.
    pub(super) fn settle<T>(
        &self,
        path: &Path<'_>,
        input: &dyn Fn() -> Value,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        result.map_err(|fault| self.blame(path, input, fault))
    }

    fn blame(&self, path: &Path<'_>, input: &dyn Fn() -> Value, fault: Fault) -> Fault {
        if self.log.is_none() || matches!(fault, Fault::Nothing) {
            return fault;
        }
        self.with_log(|log| {
            let key = path.key();
            // A value that was partly filled may be refused because of the filling, which is not the request's error. No filling is
            // opaque.
            let own =
                matches!(fault, Fault::Opaque) || (!matches!(fault, Fault::Noted) && !log.has_found(&key));
            if !own {
                log.get_past(path);
                return;
            }
            let input = input();
            match (&fault, log.tags.get(&key).cloned()) {
                // As in pydantic, the fields of a variant stand below its tag.
                (Fault::Missing(field), Some(tag)) if input.is_object() => {
                    log.note(&path.name(&tag, 0).name(field, 0), flaw::MISSING, &|| input.clone());
                }
                _ => {
                    let flaw = fault.into_flaw(&input);
                    log.note(path, flaw, &|| input.clone());
                }
            }
            log.holes.insert(key);
            log.moved = true;
        });
        Fault::Noted
    }

    /// Ends the decoding of a list that may have too few items. That is reported only if nothing is wrong with those that it has.
    pub(super) fn settle_few<T>(
        &self,
        path: &Path<'_>,
        too_few: Option<Flaw>,
        input: &dyn Fn() -> Value,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match (too_few, result) {
            (Some(flaw), result) if !matches!(result, Err(Fault::Noted)) => {
                let is_spotless = !self.with_log(|log| log.has_found(&path.key())).unwrap_or_default();
                if is_spotless {
                    self.note(path, flaw, input)?;
                }
                // The type may refuse them for the same reason.
                result.map_err(|_| Fault::Noted)
            }
            (_, result) => result,
        }
    }

    /// Ends the decoding of the parameter itself. Nothing comes after it, so its error is no reason for another pass.
    pub(super) fn settle_all<T>(
        &self,
        path: &Path<'_>,
        input: &dyn Fn() -> Value,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        let moved = self.with_log(|log| log.moved);
        let result = self.settle(path, input, result);
        self.with_log(|log| log.moved = moved.unwrap_or_default());
        result
    }

    /// Ends the decoding of a struct: remembers a field that it lacks. The next pass hands the field out as absent, and notes the
    /// error if it is required. `present` are the names that the struct has, if there may be other structs of its type.
    pub(super) fn settle_fields<'n, T>(
        &self,
        of: TypeName,
        mut present: impl Iterator<Item = &'n str>,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match result {
            Err(Fault::Missing(field)) if self.log.is_some() => Err(self.lacks(of, field, &mut present)),
            other => other,
        }
    }

    fn lacks(&self, of: TypeName, field: &'static str, present: &mut dyn Iterator<Item = &str>) -> Fault {
        self.with_log(|log| {
            let gaps = log.gaps.entry(of).or_default();
            let at = gaps.iter().position(|gap| gap.field == field).unwrap_or_else(|| {
                gaps.push(Gap { field, beside: HashSet::new() });
                log.moved = true;
                gaps.len() - 1
            });
            for name in present {
                log.moved |= gaps[at].beside.insert(name.to_owned());
            }
        });
        Fault::Noted
    }

    /// Ends the reading of a field's name: notes that a struct denies unknown fields.
    pub(super) fn settle_key<T>(&self, of: TypeName, result: Result<T, Fault>) -> Result<T, Fault> {
        match result {
            Err(Fault::Unknown) if self.log.is_some() => {
                self.with_log(|log| {
                    log.strict.insert(of);
                    log.moved = true;
                });
                Err(Fault::Noted)
            }
            other => other,
        }
    }

    /// What is known of a value before it is looked at.
    pub(super) fn state(&self, path: &Path<'_>) -> State {
        self.with_log(|log| {
            log.visits += 1;
            if log.hopeless.is_empty() && log.holes.is_empty() {
                return State::Fresh;
            }
            let key = path.key();
            if log.hopeless.contains(&key) {
                State::Hopeless
            } else if log.holes.contains(&key) {
                State::Hole
            } else {
                State::Fresh
            }
        })
        .unwrap_or(State::Fresh)
    }

    /// Whether this is the first pass, which knows nothing of any value and notes nothing.
    pub(super) fn is_first(&self) -> bool {
        self.log.is_none()
    }

    /// The fields that a struct with these names was found to lack.
    pub(super) fn gaps<'n>(
        &self,
        of: TypeName,
        present: &(impl Iterator<Item = &'n str> + Clone),
    ) -> Vec<&'static str> {
        let gaps = |log: &mut Log| {
            let mut fields = Vec::new();
            for gap in log.gaps.get(of).into_iter().flatten() {
                if !fields.contains(&gap.field) && gap.is_of(present.clone()) {
                    fields.push(gap.field);
                }
            }
            fields
        };
        self.with_log(gaps).unwrap_or_default()
    }

    /// Whether the struct denies unknown fields.
    pub(super) fn is_strict(&self, of: TypeName) -> bool {
        self.with_log(|log| log.strict.contains(of)).unwrap_or(false)
    }

    /// Ends the reading of an enum's name: remembers that the enum takes only the names that it lists.
    pub(super) fn settle_name<T>(&self, of: TypeName, result: Result<T, Fault>) -> Result<T, Fault> {
        if matches!(result, Err(Fault::Variant(_))) {
            self.with_log(|log| log.closed.insert(of));
        }
        result
    }

    /// Ends the reading of a value as the tag of the enum around it.
    pub(super) fn settle_tag<T>(
        &self,
        path: &Path<'_>,
        found: &str,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match (result, path.step, path.parent) {
            (Err(Fault::Variant(expected)), Step::Name(tag), _) => {
                Err(Fault::Tag { tag: tag.to_owned(), found: found.to_owned(), expected })
            }
            (Ok(variant), _, Some(of)) => {
                self.with_log(|log| log.tags.insert(of.key(), found.to_owned()));
                Ok(variant)
            }
            (result, ..) => result,
        }
    }

    /// Whether the enum takes only the names that it lists.
    pub(super) fn is_closed(&self, of: TypeName) -> bool {
        self.with_log(|log| log.closed.contains(of)).unwrap_or(false)
    }
}

/// What a pass knows of a value from earlier passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing bad.
    Fresh,
    /// Its type refuses it.
    Hole,
    /// Its type refuses everything.
    Hopeless,
}

/// Roughly how many bytes a value takes, counted no further than the limit.
fn size(value: &Value, limit: usize) -> usize {
    let mut total = 8;
    match value {
        Value::String(text) => total += text.len(),
        Value::Array(items) => {
            for item in items {
                if total >= limit {
                    break;
                }
                total += size(item, limit - total);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if total >= limit {
                    break;
                }
                total += name.len() + size(field, limit - total);
            }
        }
        _ => {}
    }
    total
}
