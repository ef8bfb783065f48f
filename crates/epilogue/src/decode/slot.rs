//! A parameter, or a field of its struct, that has yet to show whether it is one value, several or a whole struct.

use serde_json::{Map, Value};

use super::session::Session;
use super::values::{Index, NamedRaws, Raw, Raws, Values, shown_all};
use crate::rejection::Place;

/// What a [`Slot`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The parameter itself. It may turn out to be a struct over the whole place.
    Parameter,
    /// The same inside an `Option`, while it is not known whether a struct or a single value is optional.
    Optional,
    /// A field of a struct with these fields, or a value of a map.
    Field(&'static [&'static str]),
}

/// What a place has under a name, or all of the place.
pub(super) struct Slot<'a> {
    pub(super) values: &'a dyn Values,
    pub(super) name: &'a str,
    pub(super) role: Role,
    /// The value, if it has been looked up already.
    pub(super) picked: Option<Raw<'a>>,
}

/// What a place holds, as the error of a struct over it repeats it.
fn shown_place(values: &dyn Values, fields: &[&str]) -> Value {
    let mut object = Map::new();
    if values.place().echoes_all() {
        for (name, raws) in Index::new(values).groups {
            object.insert(name.into_owned(), shown_all(&raws));
        }
    } else {
        for field in fields {
            let raws = values.all(&values.place().key(field));
            if !raws.is_empty() {
                object.insert((*field).to_owned(), shown_all(&raws));
            }
        }
    }
    Value::Object(object)
}

impl<'a> Slot<'a> {
    pub(super) fn is_field(&self) -> bool {
        matches!(self.role, Role::Field(_))
    }

    /// The value that counts.
    pub(super) fn raw(&mut self) -> Option<Raw<'a>> {
        self.picked.take().or_else(|| {
            if self.is_field() { self.values.one(self.name) } else { self.values.alone(self.name) }
        })
    }

    pub(super) fn all(&self) -> Raws<'a> {
        self.values.all(self.name)
    }

    /// Whether an empty text is a value here. In a form it is not, except as an item of a list.
    pub(super) fn may_be_empty(&self) -> bool {
        self.values.alone(self.name).is_some() || self.all().len() > 1
    }

    pub(super) fn is_any_sent(&self) -> bool {
        let mut any = false;
        self.values.each(&mut |_, _| any = true);
        any
    }

    /// The input of errors of the value as such.
    pub(super) fn input(&self, session: &Session) -> Value {
        let is_whole = || {
            session.is_whole.get() || self.values.place() == Place::Path && !self.values.contains(self.name)
        };
        if !self.is_field() && is_whole() {
            return shown_place(self.values, &[]);
        }
        if !session.is_of_several.get() {
            return self.values.one(self.name).map(|raw| raw.shown().into_owned()).unwrap_or_default();
        }
        match self.all().as_slice() {
            [] => Value::Null,
            raws => shown_all(raws),
        }
    }

    /// What the error about a missing value shows as its input.
    pub(super) fn lacking(&self) -> Value {
        match self.role {
            Role::Field(fields) => shown_place(self.values, fields),
            _ => Value::Null,
        }
    }

    /// The values that a list or tuple takes: those of its name, or all segments of the path, with their names.
    pub(super) fn items(&self) -> NamedRaws<'a> {
        if self.is_field() || self.values.place() != Place::Path {
            return self.all().into_iter().map(|raw| (None, raw)).collect();
        }
        let mut items = NamedRaws::new();
        self.values.each(&mut |name, raw| items.push((Some(name), raw)));
        items
    }
}
