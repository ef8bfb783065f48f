//! A value of a request as whatever it is asked to be: one of a JSON body, one text, or what a place has under a name.

use std::any::type_name;
use std::borrow::Cow;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Error, Visitor};
use serde_json::{Map, Value};

use super::access::{Entries, Fields, Items, Listed, Variant, present};
use super::fault::Fault;
use super::flaw::{self, Flaw};
use super::path::{Path, Step};
use super::rules::{Num, Rules};
use super::scalar::{self, Int};
use super::session::{Session, State};
use super::slot::{Role, Slot};
use super::values::{Index, Raw, Raw::Json, Values, list};
use super::wild::Wild;

/// What the names begin with by which `serde_json`'s own types, such as `RawValue`, make themselves known to it.
const OF_JSON: &str = "$serde_json::private::";

/// A value, or its absence.
pub(super) struct Node<'a> {
    pub(super) session: &'a Session,
    pub(super) path: &'a Path<'a>,
    pub(super) rules: Rules<'a>,
    pub(super) sent: Sent<'a>,
}

/// What was sent of a value.
pub(super) enum Sent<'a> {
    Raw(Raw<'a>),
    /// Nothing, in a JSON body. This list or object lacks the value.
    Nothing(Option<&'a Value>),
    /// What a place has under a name, or all of the place.
    Slot(Slot<'a>),
}

/// The names of an object, each with its value.
fn entries_of(object: &Map<String, Value>) -> impl Iterator<Item = (&str, Raw<'_>)> + Clone {
    object.iter().map(|(name, value)| (name.as_str(), Json(value)))
}

impl<'a> Node<'a> {
    /// What errors of the value repeat.
    pub(super) fn input(&self) -> Cow<'a, Value> {
        match &self.sent {
            Sent::Raw(raw) => raw.shown(),
            Sent::Nothing(container) => container.map_or_else(Cow::default, Cow::Borrowed),
            Sent::Slot(slot) => Cow::Owned(slot.input(self.session)),
        }
    }

    /// Reads the value, or what stands in for it.
    pub(super) fn read<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        if self.session.state(self.path) == State::Hole {
            seed.deserialize(self.session.filling(self.path))
        } else {
            seed.deserialize(self)
        }
    }

    /// The path of the place, for a parameter that takes all of it: its parts stand beside where a single value would.
    pub(super) fn place_path(&self) -> &'a Path<'a> {
        self.path.parent.unwrap_or(self.path)
    }

    /// What errors of a list or tuple repeat.
    fn listed(&self) -> Cow<'a, Value> {
        match &self.sent {
            Sent::Slot(slot) => Cow::Owned(list(&slot.all())),
            _ => self.input(),
        }
    }

    /// Of what a place has under a name, picks the value that counts, if there is any.
    #[inline]
    fn pick(&mut self) {
        if let Sent::Slot(slot) = &mut self.sent
            && let Some(raw) = slot.raw()
        {
            self.session.is_of_several.set(false);
            self.sent = Sent::Raw(raw);
        }
    }

    /// The value, if it is a text.
    fn text(&self) -> Option<&str> {
        match &self.sent {
            Sent::Raw(Raw::Text(text)) => Some(text),
            Sent::Raw(Json(Value::String(text))) => Some(text),
            _ => None,
        }
    }

    /// What is wrong with a value that is not a text: `wrong`, unless it was meant as one.
    fn no_text(&self, wrong: Flaw) -> Flaw {
        if matches!(self.sent, Sent::Raw(Raw::Opaque(_))) { flaw::STRING_UNICODE } else { wrong }
    }

    /// The value as what is read of a text.
    fn parsed<R>(
        &self,
        parse: impl FnOnce(&str, Rules<'_>) -> Result<R, Flaw>,
        wrong: impl FnOnce() -> Flaw,
    ) -> Result<R, Flaw> {
        match self.text() {
            Some(text) => parse(text, self.rules),
            None => Err(self.no_text(wrong())),
        }
    }

    /// Reports what is wrong with the value, or that none was sent, and goes on with what `fill` makes.
    fn flawed<T>(&self, flaw: Flaw, fill: impl FnOnce(Wild) -> Result<T, Fault>) -> Result<T, Fault> {
        match &self.sent {
            Sent::Raw(_) => self.session.flawed(self.path, flaw, &|| self.input(), fill),
            Sent::Nothing(_) => self.session.flawed(self.path, flaw::MISSING, &|| self.input(), fill),
            Sent::Slot(slot) if slot.role == Role::Optional => Err(Fault::Nothing),
            Sent::Slot(slot) => {
                self.session.flawed(self.path, flaw::MISSING, &|| Cow::Owned(slot.lacking()), fill)
            }
        }
    }

    /// What the value, which is this object or place, has under a name. `picked` is what counts of it, if it has been looked up already.
    pub(super) fn part<'p>(
        &self,
        object: &'p dyn Values,
        name: &'p str,
        fields: &'static [&'static str],
        picked: Option<Raw<'p>>,
    ) -> Sent<'p>
    where
        'a: 'p,
    {
        match self.sent {
            Sent::Raw(Json(json)) => {
                picked.or_else(|| object.one(name)).map_or(Sent::Nothing(Some(json)), Sent::Raw)
            }
            _ => Sent::Slot(Slot { values: object, name, role: Role::Field(fields), picked }),
        }
    }

    /// A struct whose fields are values of the slot's place.
    fn struct_of_place<'de, V: Visitor<'de>>(
        &self,
        slot: &Slot<'a>,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let of_type = type_name::<V>();
        let has_none = slot.role == Role::Optional && present(slot.values, fields).next().is_none();
        if has_none && !(slot.values.place().tells_unknown() && slot.is_any_sent()) {
            return Err(Fault::Nothing);
        }
        self.session.is_whole.set(true);
        let index = slot.values.index();
        let object = index.as_ref().map_or(slot.values, |index| index as &dyn Values);
        let result = visitor.visit_map(Fields::new(self, self.place_path(), of_type, object, fields));
        // A struct that has none of what was sent counts as absent, unless it denies unknown names.
        if has_none && !matches!(result, Err(Fault::Unknown(_))) && !self.session.is_closed(of_type) {
            return Err(Fault::Nothing);
        }
        self.session.settle_fields(of_type, object, present(object, fields), result)
    }

    fn int<T: Int>(&self) -> Result<T, Flaw> {
        let number = match self.sent {
            Sent::Raw(Json(Value::Number(number))) => number,
            // As lenient as pydantic, which converts what clearly means a number.
            Sent::Raw(Json(Value::Bool(value))) => {
                return scalar::int(if *value { "1" } else { "0" }, self.rules);
            }
            _ => return self.parsed(scalar::int, || flaw::INT_TYPE),
        };
        let value: T = match (number.as_i128(), number.as_f64()) {
            (Some(whole), _) => T::try_from(whole).map_err(|_| T::beyond(whole > 0, self.rules))?,
            (None, Some(float)) if float.fract() == 0.0 => {
                // A whole number beyond 64 bits is kept as a float, too.
                self.session.is_inexact.set(true);
                scalar::whole(float, self.rules)?
            }
            _ => return Err(flaw::INT_FROM_FLOAT),
        };
        self.rules.number(value.num())?;
        Ok(value)
    }

    fn float(&self) -> Result<f64, Flaw> {
        let value = match self.sent {
            Sent::Raw(Json(Value::Number(number))) => number.as_f64().ok_or(flaw::FLOAT_TYPE)?,
            Sent::Raw(Json(Value::Bool(value))) => f64::from(u8::from(*value)),
            _ => return self.parsed(scalar::float, || flaw::FLOAT_TYPE),
        };
        self.rules.number(Num::Float(value))?;
        Ok(value)
    }

    fn bool(&self) -> Result<bool, Flaw> {
        match self.sent {
            Sent::Raw(Json(&Value::Bool(value))) => Ok(value),
            Sent::Raw(Json(Value::Number(number))) => match number.as_f64() {
                Some(1.0) => Ok(true),
                Some(0.0) => Ok(false),
                // Only whole numbers look like attempts at a boolean, and to pydantic only those of an `i64`.
                Some(float) if number.is_i64() || float.fract() == 0.0 && float.abs() < 2_f64.powi(63) => {
                    Err(flaw::BOOL_PARSING)
                }
                _ => Err(flaw::BOOL_TYPE),
            },
            _ => self.parsed(scalar::bool, || flaw::BOOL_TYPE),
        }
    }

    fn char(&self) -> Result<char, Flaw> {
        self.parsed(scalar::char, || flaw::STRING_TYPE)
    }
}

/// Deserialises by reading the value first, so that the visitor is still there when that fails.
macro_rules! read {
    ($($ask:ident $visit:ident $read:ident;)*) => {$(
        fn $ask<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
            self.pick();
            match self.$read() {
                Ok(value) => visitor.$visit(value),
                Err(flaw) => self.flawed(flaw, |wild| wild.$ask(visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        self.pick();
        match &self.sent {
            Sent::Raw(Json(Value::Null)) => visitor.visit_unit(),
            Sent::Raw(Json(Value::Bool(value))) => visitor.visit_bool(*value),
            Sent::Raw(Json(Value::Number(number))) => {
                if let Err(flaw) = self.rules.number(number.into()) {
                    return self.flawed(flaw, |wild| wild.deserialize_any(visitor));
                }
                match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(number), ..) => visitor.visit_u64(number),
                    (_, Some(number), _) => visitor.visit_i64(number),
                    (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
                }
            }
            Sent::Raw(Json(Value::Array(_))) => self.deserialize_seq(visitor),
            Sent::Raw(Json(Value::Object(_))) => self.deserialize_map(visitor),
            // Serde's buffers take bytes, which matter only if something reads them later.
            Sent::Raw(Raw::Opaque(bytes)) => visitor.visit_bytes(bytes),
            Sent::Raw(_) => self.deserialize_string(visitor),
            // If nothing has the parameter's name, it is given all that the place has: that is how tagged and untagged enums of
            // structs ask. Of an empty place, what needs nothing is good, and all else is missing.
            Sent::Slot(slot) if !slot.is_field() && (slot.is_any_sent() || self.session.is_first) => {
                self.deserialize_map(visitor)
            }
            Sent::Nothing(_) | Sent::Slot(_) => {
                self.flawed(flaw::MISSING, |wild| wild.deserialize_any(visitor))
            }
        }
    }

    alike!();

    scalars!(read);

    fn deserialize_string<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        self.pick();
        match self.parsed(|text, rules| rules.text(text), || flaw::STRING_TYPE) {
            Ok(()) => match self.sent {
                Sent::Raw(Raw::Text(Cow::Owned(text))) => visitor.visit_string(text),
                _ => visitor.visit_str(self.text().unwrap_or_default()),
            },
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_string(visitor)),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        self.pick();
        match self.sent {
            Sent::Raw(Json(Value::Array(_))) => return self.deserialize_seq(visitor),
            Sent::Raw(Raw::Opaque(bytes)) => return visitor.visit_bytes(bytes),
            _ => {}
        }
        match self.parsed(|text, rules| rules.text(text), || flaw::BYTES_TYPE) {
            Ok(()) => visitor.visit_bytes(self.text().unwrap_or_default().as_bytes()),
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_byte_buf(visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        match &mut self.sent {
            Sent::Nothing(_) | Sent::Raw(Json(Value::Null)) => visitor.visit_none(),
            Sent::Raw(_) => visitor.visit_some(self),
            Sent::Slot(slot) => {
                slot.picked = slot.raw().filter(|raw| !raw.is_empty() || slot.may_be_empty());
                match slot.role {
                    Role::Field(_) if slot.picked.is_some() => visitor.visit_some(self),
                    Role::Field(_) => visitor.visit_none(),
                    // A struct may be absent although there is a value of the parameter's own name.
                    Role::Parameter | Role::Optional => {
                        slot.role = Role::Optional;
                        visitor.visit_some(self)
                    }
                }
            }
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.sent {
            Sent::Raw(Json(value)) if !value.is_null() => {
                self.flawed(flaw::NONE_REQUIRED, |wild| wild.deserialize_unit(visitor))
            }
            Sent::Nothing(_) => self.flawed(flaw::MISSING, |wild| wild.deserialize_unit(visitor)),
            Sent::Raw(_) | Sent::Slot(_) => visitor.visit_unit(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if !name.starts_with(OF_JSON) {
            return visitor.visit_newtype_struct(self);
        }
        match self.sent {
            Sent::Raw(Json(value)) => {
                self.session.is_inexact.set(true);
                value.clone().deserialize_newtype_struct(name, visitor).map_err(Fault::custom)
            }
            _ => self.flawed(flaw::MISSING, |_| Err(Fault::Noted)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Some(items) = Listed::of(&self) else {
            return self.flawed(flaw::LIST_TYPE, |wild| wild.deserialize_seq(visitor));
        };
        let too_few = self.rules.too_few(items.len());
        if let Sent::Slot(slot) = &self.sent
            && items.len() == 0
            && (slot.role == Role::Optional || too_few.is_some())
        {
            return self.flawed(flaw::MISSING, |wild| wild.deserialize_seq(visitor));
        }
        if let Some(flaw) = self.rules.too_many(items.len()) {
            let fill = |wild: Wild| wild.deserialize_seq(visitor);
            return self.session.flawed(self.path, flaw, &|| self.listed(), fill);
        }
        let result = visitor.visit_seq(Items::new(&self, items, None));
        self.session.settle_few(self.path, too_few, &|| self.listed(), result)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let Some(items) = Listed::of(&self) else {
            return self.flawed(flaw::TUPLE_TYPE, |wild| wild.deserialize_tuple(len, visitor));
        };
        if matches!(self.sent, Sent::Slot(_)) && items.len() == 0 && len > 0 {
            return self.flawed(flaw::MISSING, |wild| wild.deserialize_tuple(len, visitor));
        }
        if items.len() > len {
            let flaw = flaw::too_long("Tuple", len, items.len());
            let fill = |wild: Wild| wild.deserialize_tuple(len, visitor);
            return self.session.flawed(self.path, flaw, &|| self.listed(), fill);
        }
        visitor.visit_seq(Items::new(&self, items, Some(len)))
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        let of_type = type_name::<V>();
        match &self.sent {
            Sent::Raw(Json(Value::Object(object))) => {
                let entries = Entries::new(&self, self.path, of_type, object, entries_of(object));
                let result = visitor.visit_map(entries);
                self.session.settle_fields(of_type, object, object.keys().map(String::as_str), result)
            }
            Sent::Slot(slot) if !slot.is_field() => {
                let index = Index::new(slot.values);
                if index.groups.is_empty() && slot.role == Role::Optional {
                    return Err(Fault::Nothing);
                }
                self.session.is_whole.set(true);
                let entries = Entries::new(&self, self.place_path(), of_type, &index, index.entries());
                let result = visitor.visit_map(entries);
                let names = index.groups.iter().map(|(name, _)| &**name);
                self.session.settle_fields(of_type, &index, names, result)
            }
            _ => {
                self.pick();
                self.flawed(flaw::DICT_TYPE, |wild| wild.deserialize_map(visitor))
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.sent {
            Sent::Raw(Json(Value::Object(object))) => {
                let of_type = type_name::<V>();
                let result = visitor.visit_map(Fields::new(&self, self.path, of_type, object, fields));
                self.session.settle_fields(of_type, object, present(object, fields), result)
            }
            Sent::Slot(slot) if !slot.is_field() => self.struct_of_place(slot, fields, visitor),
            _ => {
                self.pick();
                self.flawed(flaw::MODEL_TYPE, |wild| wild.deserialize_struct(name, fields, visitor))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.pick();
        if let Sent::Raw(Json(Value::Object(object))) = self.sent
            && object.len() == 1
            && let Some((name, value)) = object.iter().next()
        {
            return visitor.visit_enum(Variant::new(&self, name, value));
        }
        let (session, of) = (self.session, type_name::<V>());
        match self.text() {
            Some(text) if variants.contains(&text) || !session.is_closed(of) => {
                session.settle_name(of, variants, visitor.visit_enum(StrDeserializer::new(text)))
            }
            _ => {
                let flaw = self.no_text(flaw::not_a_variant(variants));
                self.flawed(flaw, |wild| wild.deserialize_enum(name, variants, visitor))
            }
        }
    }

    /// Only an enum's tag is a value that is asked for like this.
    fn deserialize_identifier<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        self.pick();
        let found = match &self.sent {
            Sent::Raw(Json(_)) if matches!(self.path.step, Step::Index(_)) => return Err(Fault::Item),
            Sent::Raw(Json(Value::String(text))) => Cow::Borrowed(text.as_str()),
            Sent::Raw(Json(Value::Null)) => Cow::Borrowed("None"),
            Sent::Raw(Json(other)) => Cow::Owned(other.to_string()),
            Sent::Raw(Raw::Text(text)) => Cow::Borrowed(&**text),
            Sent::Nothing(_) if let Step::Name(tag) = self.path.step => {
                return Err(Fault::Untagged(tag.to_owned()));
            }
            _ => return self.deserialize_string(visitor),
        };
        self.session.settle_tag(self.path, &found, visitor.visit_str(&found))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}
