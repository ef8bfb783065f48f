//! One decoding: a single pass when all is well, and repeated passes over the same values when it is not.
//!
//! Serde stops at the first error, and FastAPI reports them all. So when the first pass has failed, the value is decoded
//! again, and what is wrong is noted instead of returned: the place of a bad value is filled by a [`Wild`] one, and
//! decoding goes on. What only the type itself can refuse (a missing field, a custom check) ends a pass all the same; it is
//! noted, its place is a *hole* from then on, filled in advance, and the next pass gets further. Where no filling pleases
//! the type, the place is moved behind everything else of its struct, or left out of its list.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::fault::Fault;
use super::flaw::{self, Flaw};
use super::path::{Key, Path, Step};
use super::values::Values;
use super::wild::Wild;
use crate::rejection::{Invalid, Place};

/// How many errors are reported at most. FastAPI reports them all, but here a request must not cause a reply of any size.
const MAX_ERRORS: usize = 1000;

/// How many passes are made at most: one for each value that its own type refuses, and a few more.
const MAX_PASSES: usize = 192;

/// How many values may be looked at in all passes together. The pass that reaches this is the last.
const MAX_VISITS: usize = 200_000;

/// How much input (in bytes, roughly) all errors together repeat. Each error of a large object repeats the whole of it.
const MAX_ECHO: usize = 256 * 1024;

/// What errors repeat of a value. It is borrowed if it can be, since an error has no room for a large one.
pub(super) type Shown<'v> = &'v dyn Fn() -> Cow<'v, Value>;

/// What tells one struct or enum from another: [`std::any::type_name`] of its visitor.
pub(super) type TypeName = &'static str;

/// What one decoding knows of its value so far.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Whether this is the first pass, which knows nothing of any value, notes nothing and ends at the first error.
    pub(super) is_first: bool,
    log: RefCell<Log>,
    /// Whether the parameter turned out to be a whole struct, whose fields stand where the parameter itself would.
    pub(super) is_whole: Cell<bool>,
    /// Whether the type that was asked last takes all values of a name, not only the one that counts.
    pub(super) is_of_several: Cell<bool>,
    /// Whether something was read that `serde_json`'s `Value` does not keep as it was sent.
    pub(super) is_inexact: Cell<bool>,
}

#[derive(Debug, Default)]
struct Log {
    found: BTreeMap<Key, Invalid>,
    known: HashMap<Key, Known>,
    /// Fields that structs have been found to lack, by the struct's type: what one item of a list lacks, the others may lack too.
    gaps: HashMap<TypeName, Vec<Gap>>,
    /// Structs and enums that take only the names that they list.
    closed: HashSet<TypeName>,
    /// The tag that was found for each enum that has one.
    tags: HashMap<Key, String>,
    /// Whether this pass has learnt something that gets the next one further.
    moved: bool,
    visits: usize,
    echoed: usize,
}

/// What is known of a value that its type refused.
#[derive(Debug, Default)]
struct Known {
    state: State,
    /// How many fillings were refused too.
    refused: usize,
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
    fn note(&mut self, path: &Path<'_>, flaw: Flaw, input: Shown<'_>) -> bool {
        let key = path.key();
        if self.found.contains_key(&key) {
            return true;
        }
        if self.found.len() >= MAX_ERRORS {
            return false;
        }
        let mut repeated = Value::Null;
        if self.echoed < MAX_ECHO {
            let input = input();
            self.echoed += size(&input, MAX_ECHO - self.echoed);
            if self.echoed < MAX_ECHO {
                repeated = input.into_owned();
            }
        }
        self.found.insert(key, flaw.at(path.loc(), repeated));
        true
    }

    /// Makes the next pass get past a value that has an error: with another filling, or else without the value.
    fn get_past(&mut self, path: &Path<'_>) {
        if self.moved {
            return;
        }
        let key = path.key();
        let is_noted = self.found.contains_key(&key);
        let known = self.known.entry(key).or_default();
        if is_noted && known.refused + 1 < Wild::FILLINGS {
            known.refused += 1;
            self.moved = true;
        } else {
            self.moved = known.state != State::Hopeless;
            known.state = State::Hopeless;
        }
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
        let first = Self { is_first: true, ..Self::default() };
        if let Ok(value) = pass(&first) {
            return Ok(value);
        }
        let session = Self { is_first: false, log: RefCell::default(), ..first };
        for _ in 0..MAX_PASSES {
            session.log.borrow_mut().moved = false;
            match pass(&session) {
                // A second look may find nothing wrong: an absent list among the fields is an empty one.
                Ok(value) if session.log.borrow().found.is_empty() => return Ok(value),
                Err(_) if session.goes_on() => {}
                _ => break,
            }
        }
        Err(session.into_errors(place))
    }

    /// Whether another pass may find more.
    fn goes_on(&self) -> bool {
        let log = self.log.borrow();
        let found = log.found.len();
        log.moved && (log.visits < MAX_VISITS || found == 0) && found < MAX_ERRORS
    }

    fn into_errors(self, place: Place) -> Vec<Invalid> {
        let found = self.log.into_inner().found;
        if found.is_empty() {
            // Only a type that decides differently each time gets here; even then the request must fail with an error.
            let flaw = flaw::value_error("the value could not be decoded");
            return vec![flaw.at(vec![place.as_str().into()], Value::Null)];
        }
        found.into_values().collect()
    }

    /// Notes that a pass walks over this many bytes, besides the values that it looks at.
    pub(super) fn walk(&self, bytes: usize) {
        // Looking at a value takes about as long as reading eight bytes.
        self.log.borrow_mut().visits += bytes / 8;
    }

    /// What stands in for the value at the path.
    pub(super) fn filling(&self, path: &Path<'_>) -> Wild {
        Wild::new(self.log.borrow().known.get(&path.key()).map_or(0, |known| known.refused))
    }

    /// Notes an error of a value that its visitor has not seen yet, and lets `fill` give the visitor another value.
    pub(super) fn flawed<T>(
        &self,
        path: &Path<'_>,
        flaw: Flaw,
        input: Shown<'_>,
        fill: impl FnOnce(Wild) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.note(path, flaw, input)?;
        fill(self.filling(path)).map_err(|_| Fault::Noted)
    }

    /// Notes an error of a value that can be used all the same. One error too many ends the pass.
    pub(super) fn note(&self, path: &Path<'_>, flaw: Flaw, input: Shown<'_>) -> Result<(), Fault> {
        let has_room = !self.is_first && self.log.borrow_mut().note(path, flaw, input);
        if has_room { Ok(()) } else { Err(Fault::Noted) }
    }

    /// Ends the decoding of one value: notes what its type refused as an error of this value.
    pub(super) fn settle<T>(
        &self,
        path: &Path<'_>,
        input: Shown<'_>,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        result.map_err(|fault| self.blame(path, input, fault))
    }

    /// Notes an error of a value that no filling makes good, and leaves the value out from the next pass on.
    pub(super) fn left_out(&self, path: &Path<'_>, flaw: Flaw, input: Shown<'_>) -> Fault {
        let mut log = self.log.borrow_mut();
        log.note(path, flaw, input);
        log.known.entry(path.key()).or_default().state = State::Hopeless;
        log.moved = true;
        Fault::Noted
    }

    fn blame(&self, path: &Path<'_>, input: Shown<'_>, fault: Fault) -> Fault {
        if self.is_first || matches!(fault, Fault::Nothing) {
            return fault;
        }
        let mut log = self.log.borrow_mut();
        let key = path.key();
        // A value that was partly filled may be refused because of the filling, which is not the request's error. No filling is opaque.
        let own = matches!(fault, Fault::Opaque) || (!matches!(fault, Fault::Noted) && !log.has_found(&key));
        if !own {
            log.get_past(path);
            return Fault::Noted;
        }
        let input = input();
        match (&fault, log.tags.get(&key).cloned()) {
            // As in pydantic, the fields of a variant stand below its tag.
            (Fault::Missing(field), Some(tag)) if input.is_object() => {
                log.note(&path.name(&tag, 0).name(field, 0), flaw::MISSING, &|| Cow::Borrowed(&input));
            }
            (Fault::Unknown(field), Some(tag)) => {
                let path = path.name(&tag, 0);
                log.note(&path.name(field, 0), flaw::EXTRA, &|| Cow::Borrowed(&input[field]));
            }
            _ => {
                let flaw = fault.into_flaw(&input);
                log.note(path, flaw, &|| Cow::Borrowed(&input));
            }
        }
        let known = log.known.entry(key).or_default();
        known.state = known.state.max(State::Hole);
        log.moved = true;
        Fault::Noted
    }

    /// Ends the decoding of a list that may have too few items. That is reported only if nothing is wrong with those that it has.
    pub(super) fn settle_few<T>(
        &self,
        path: &Path<'_>,
        too_few: Option<Flaw>,
        input: Shown<'_>,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match (too_few, result) {
            (Some(flaw), result) if !matches!(result, Err(Fault::Noted)) => {
                let is_spotless = !self.log.borrow().has_found(&path.key());
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
        input: Shown<'_>,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        let moved = self.log.borrow().moved;
        let result = self.settle(path, input, result);
        self.log.borrow_mut().moved = moved;
        result
    }

    /// Ends the decoding of a struct: remembers a field that it lacks. The next pass hands the field out as absent, and notes the
    /// error if it is required. `present` are the names that this struct has, which others of its type may not have.
    pub(super) fn settle_fields<'n, T>(
        &self,
        of: TypeName,
        object: &dyn Values,
        mut present: impl Iterator<Item = &'n str>,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match result {
            // If it has the field, something in it lacks one of the same name, to which it could not be handed out.
            Err(Fault::Missing(field)) if !self.is_first && !object.contains(&object.place().key(field)) => {
                Err(self.lacks(of, field, &mut present))
            }
            other => other,
        }
    }

    fn lacks(&self, of: TypeName, field: &'static str, present: &mut dyn Iterator<Item = &str>) -> Fault {
        let Log { gaps, moved, .. } = &mut *self.log.borrow_mut();
        let gaps = gaps.entry(of).or_default();
        let at = gaps.iter().position(|gap| gap.field == field).unwrap_or_else(|| {
            gaps.push(Gap { field, beside: HashSet::new() });
            *moved = true;
            gaps.len() - 1
        });
        for name in present {
            *moved |= gaps[at].beside.insert(name.to_owned());
        }
        Fault::Noted
    }

    /// Ends the reading of a field's name: notes that a struct denies unknown fields.
    pub(super) fn settle_key<T>(&self, of: TypeName, result: Result<T, Fault>) -> Result<T, Fault> {
        match result {
            Err(Fault::Unknown(_)) if !self.is_first => {
                let mut log = self.log.borrow_mut();
                log.closed.insert(of);
                log.moved = true;
                Err(Fault::Noted)
            }
            other => other,
        }
    }

    /// What is known of a value before it is looked at.
    pub(super) fn state(&self, path: &Path<'_>) -> State {
        let mut log = self.log.borrow_mut();
        log.visits += 1;
        if log.known.is_empty() {
            return State::Fresh;
        }
        log.known.get(&path.key()).map_or(State::Fresh, |known| known.state)
    }

    /// The fields that a struct with these names was found to lack.
    pub(super) fn gaps<'n>(
        &self,
        of: TypeName,
        present: &(impl Iterator<Item = &'n str> + Clone),
    ) -> Vec<&'static str> {
        let log = self.log.borrow();
        let gaps = log.gaps.get(of).into_iter().flatten();
        gaps.filter(|gap| gap.is_of(present.clone())).map(|gap| gap.field).collect()
    }

    /// Ends the reading of an enum's name: notes that the enum takes only the names that it lists. The next pass reports any other name
    /// before the enum sees it, and fills it.
    pub(super) fn settle_name<T>(
        &self,
        of: TypeName,
        listed: &[&str],
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        match result {
            Err(Fault::Variant(names)) if !self.is_first && !names.is_empty() && names == listed => {
                let mut log = self.log.borrow_mut();
                // If it refuses one of its own names, that is this value's error.
                if !log.closed.insert(of) {
                    return Err(Fault::Variant(names));
                }
                log.moved = true;
                Err(Fault::Noted)
            }
            other => other,
        }
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
            (Ok(variant), _, Some(of)) if !self.is_first => {
                self.log.borrow_mut().tags.insert(of.key(), found.to_owned());
                Ok(variant)
            }
            (result, ..) => result,
        }
    }

    /// Whether the struct or enum takes only the names that it lists.
    pub(super) fn is_closed(&self, of: TypeName) -> bool {
        self.log.borrow().closed.contains(of)
    }
}

/// What a pass knows of a value from earlier passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Nothing bad.
    #[default]
    Fresh,
    /// Its type refused it, so it is filled without being looked at again.
    Hole,
    /// Its type refused every filling too.
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
