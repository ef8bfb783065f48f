//! A parameter, or a field of its struct, that has yet to show whether it is one value, several or a whole struct.

use std::any::type_name;

use serde::Deserializer;
use serde::de::Visitor;
use serde_json::{Map, Value};

use super::fields::{Entries, Fields, Items, NamedRaws};
use super::flaw::{self, Flaw};
use super::rules::Rules;
use super::session::{Fault, Path, Session};
use super::text::{Text, shown};
use super::values::{Index, Raw, Raws, Values};
use super::wild::Wild;
use crate::rejection::Place;

/// From this length (in bytes) on, a place is worth an index for looking up a struct's fields.
const LONG: usize = 2048;

/// What a [`Slot`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The parameter itself. It may turn out to be a struct over the whole place.
    Parameter,
    /// The same inside an `Option`, while it is not known whether a struct or a single value is optional.
    Optional,
    /// The same, known to be absent if it is optional.
    Absent,
    /// A field of a struct with these fields, or a value of a map.
    Field(&'static [&'static str]),
}

/// Values of one name, or all of a place.
#[derive(Clone)]
pub(super) struct Slot<'a> {
    pub(super) session: &'a Session,
    pub(super) values: &'a dyn Values,
    pub(super) name: &'a str,
    pub(super) path: &'a Path<'a>,
    pub(super) rules: Rules<'a>,
    pub(super) role: Role,
    /// The place that a field is part of, for the error if it is absent.
    pub(super) place: &'a dyn Values,
    /// The value, if it has been looked up already.
    pub(super) picked: Option<Raw<'a>>,
}

/// Several values as errors repeat them.
pub(super) fn shown_all(raws: &[Raw<'_>]) -> Value {
    match raws {
        [raw] => shown(raw),
        raws => raws.iter().map(shown).collect(),
    }
}

/// What a place holds, as the error of a struct over it repeats it.
pub(super) fn sent(values: &dyn Values, fields: &[&str]) -> Value {
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
    fn raw(&mut self) -> Option<Raw<'a>> {
        self.picked.take().or_else(|| match self.role {
            Role::Field(_) => self.values.one(self.name),
            _ => self.values.alone(self.name),
        })
    }

    /// Whether an empty text is a value here. In a form it is not, except as an item of a list.
    fn may_be_empty(&self) -> bool {
        self.values.alone(self.name).is_some() || self.all().len() > 1
    }

    fn text(&self, raw: Raw<'a>) -> Text<'a> {
        self.session.take_several(false);
        Text { session: self.session, raw, path: self.path, rules: self.rules }
    }

    /// Reports that a value is wanted and none was sent, and goes on with what `fill` makes.
    fn absent<T>(&self, fill: impl FnOnce(Wild) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.role == Role::Optional {
            return Err(Fault::Nothing);
        }
        let input = || match self.role {
            Role::Field(fields) => sent(self.place, fields),
            _ => Value::Null,
        };
        self.session.flawed(self.path, flaw::MISSING, &input, fill)
    }

    fn all(&self) -> Raws<'a> {
        self.values.all(self.name)
    }

    fn is_any_sent(&self) -> bool {
        let mut any = false;
        self.values.each(&mut |_, _| any = true);
        any
    }

    /// The input of errors of the value as such.
    pub(super) fn input(&self) -> Value {
        match self.role {
            _ if self.session.is_whole() && !matches!(self.role, Role::Field(_)) => sent(self.values, &[]),
            Role::Parameter | Role::Optional | Role::Absent
                if self.values.place() == Place::Path && !self.values.contains(self.name) =>
            {
                sent(self.values, &[])
            }
            _ if self.session.is_of_several() => match self.all().as_slice() {
                [] => Value::Null,
                raws => shown_all(raws),
            },
            _ => self.values.one(self.name).as_ref().map(shown).unwrap_or_default(),
        }
    }

    /// The values that a list or tuple takes: those of its name, or all segments of the path, with their names.
    fn items(&self) -> NamedRaws<'a> {
        let whole = self.values.place() == Place::Path && !matches!(self.role, Role::Field(_));
        if !whole {
            return self.all().into_iter().map(|raw| (None, raw)).collect();
        }
        let mut items = NamedRaws::new();
        self.values.each(&mut |name, raw| items.push((Some(name), raw)));
        items
    }

    fn flawed<T>(&self, flaw: Flaw, fill: impl FnOnce(Wild) -> Result<T, Fault>) -> Result<T, Fault> {
        self.session.flawed(self.path, flaw, &|| self.listed(), fill)
    }

    /// The values as a list, whatever their number.
    fn listed(&self) -> Value {
        self.all().iter().map(shown).collect()
    }
}

/// Once there is a text, scalars are its job.
macro_rules! scalars {
    ($($ask:ident)*) => {$(
        fn $ask<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
            match self.raw() {
                Some(raw) => self.text(raw).$ask(visitor),
                None => self.absent(|wild| wild.$ask(visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Slot<'_> {
    type Error = Fault;

    // A type that takes anything is given the text. If nothing has the parameter's name, it is given all that the place has: that
    // is how tagged and untagged enums of structs ask.
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        match self.raw() {
            Some(raw) => self.text(raw).deserialize_any(visitor),
            None if matches!(self.role, Role::Field(_)) => self.absent(|wild| wild.deserialize_any(visitor)),
            None => {
                if self.is_any_sent() {
                    self.deserialize_map(visitor)
                } else {
                    self.absent(|wild| wild.deserialize_any(visitor))
                }
            }
        }
    }

    alike!();

    scalars! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
        deserialize_char deserialize_string deserialize_byte_buf
        deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        self.picked = self.raw().filter(|raw| !raw.is_empty() || self.may_be_empty());
        match self.role {
            Role::Field(_) if self.picked.is_some() => visitor.visit_some(self),
            Role::Absent | Role::Field(_) => visitor.visit_none(),
            // A struct may be absent although there is a value of the parameter's own name.
            Role::Parameter | Role::Optional => visitor.visit_some(Slot { role: Role::Optional, ..self }),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.session.take_several(true);
        let items = self.items();
        if items.is_empty() && self.role == Role::Optional {
            return Err(Fault::Nothing);
        }
        let too_few = self.rules.too_few(items.len());
        if items.is_empty() && too_few.is_some() {
            return self.absent(|wild| wild.deserialize_seq(visitor));
        }
        if let Some(flaw) = self.rules.too_many(items.len()) {
            return self.flawed(flaw, |wild| wild.deserialize_seq(visitor));
        }
        let result = visitor.visit_seq(Items::new(self.clone(), items, None));
        self.session.settle_few(self.path, too_few, &|| self.listed(), result)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.session.take_several(true);
        let items = self.items();
        if items.is_empty() && len > 0 {
            return self.absent(|wild| wild.deserialize_tuple(len, visitor));
        }
        if items.len() > len {
            let flaw = flaw::too_long("Tuple", len, items.len());
            return self.flawed(flaw, |wild| wild.deserialize_tuple(len, visitor));
        }
        visitor.visit_seq(Items::new(self, items, Some(len)))
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self.role, Role::Field(_)) {
            return match self.raw() {
                Some(raw) => self.text(raw).deserialize_map(visitor),
                None => self.absent(|wild| wild.deserialize_map(visitor)),
            };
        }
        let entries = Index::new(self.values).groups;
        if entries.is_empty() && self.role == Role::Optional {
            return Err(Fault::Nothing);
        }
        self.session.take_whole();
        let (session, of) = (self.session, (self.path.parent.unwrap_or(self.path), type_name::<V>()));
        let result = visitor.visit_map(Entries::new(session, self.values, of, self.rules, entries));
        session.settle_fields(type_name::<V>(), std::iter::empty(), result)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if matches!(self.role, Role::Field(_)) {
            return match self.raw() {
                Some(raw) => self.text(raw).deserialize_struct(name, fields, visitor),
                None => self.absent(|wild| wild.deserialize_struct(name, fields, visitor)),
            };
        }
        let has_none = self.role == Role::Optional
            && !fields.iter().any(|field| self.values.contains(&self.values.place().key(field)));
        if has_none && !(self.values.place().tells_unknown() && self.is_any_sent()) {
            return Err(Fault::Nothing);
        }
        self.session.take_whole();
        let (session, of) = (self.session, (self.path.parent.unwrap_or(self.path), type_name::<V>()));
        // Each field is looked up by a walk over the place, which is fastest as long as the place is short.
        let result = if self.values.length() > LONG {
            visitor.visit_map(Fields::new(session, &Index::new(self.values), of, self.rules, fields))
        } else {
            visitor.visit_map(Fields::new(session, self.values, of, self.rules, fields))
        };
        // What was sent is no business of a struct that has none of it, unless it denies unknown names.
        if has_none && !matches!(result, Err(Fault::Unknown)) && !session.is_strict(type_name::<V>()) {
            return Err(Fault::Nothing);
        }
        session.settle_fields(type_name::<V>(), std::iter::empty(), result)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.raw() {
            Some(raw) => self.text(raw).deserialize_enum(name, variants, visitor),
            None => self.absent(|wild| wild.deserialize_enum(name, variants, visitor)),
        }
    }
}
