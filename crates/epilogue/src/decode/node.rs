//! A value of a JSON body as whatever it is asked to be.

use std::any::type_name;
use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::fields::Stage;
use super::flaw::{self, Flaw};
use super::rules::{Num, Rules};
use super::scalar::{self, Int};
use super::session::{Fault, Path, Session, State, Step, TypeName};
use super::text::Text;
use super::values::Raw;
use super::wild::Wild;

/// A value of a body, or its absence.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) session: &'a Session,
    pub(super) value: Option<&'a Value>,
    pub(super) path: &'a Path<'a>,
    pub(super) rules: Rules<'a>,
    /// The object that lacks the value.
    pub(super) container: Option<&'a Value>,
}

impl Node<'_> {
    /// Hands the entries of an object to a map, or to a struct or enum that asks like one.
    fn visit_entries<'de, V: Visitor<'de>>(
        self,
        object: &Map<String, Value>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let of = type_name::<V>();
        let gaps = self.session.gaps(of, &object.keys().map(String::as_str)).into_iter();
        visitor.visit_map(Entries { node: self, of, rest: object.iter(), rank: 0, gaps, pending: None })
    }

    /// What errors of the value repeat.
    pub(super) fn input(&self) -> Value {
        self.value.or(self.container).cloned().unwrap_or_default()
    }

    fn flawed<T>(&self, flaw: Flaw, fill: impl FnOnce(Wild) -> Result<T, Fault>) -> Result<T, Fault> {
        let flaw = if self.value.is_some() { flaw } else { flaw::MISSING };
        self.session.flawed(self.path, flaw, &|| self.input(), fill)
    }

    fn int<T: Int>(&self) -> Result<T, Flaw> {
        let number = match self.value {
            Some(Value::Number(number)) => number,
            // As lenient as pydantic, which converts what clearly means a number.
            Some(Value::String(text)) => return scalar::int(text, self.rules),
            Some(Value::Bool(value)) => return scalar::int(if *value { "1" } else { "0" }, self.rules),
            _ => return Err(flaw::INT_TYPE),
        };
        let whole = match (number.as_i128(), number.as_f64()) {
            (Some(whole), _) => whole,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it has no fraction, and what is too large saturates"
            )]
            (None, Some(float)) if float.fract() == 0.0 => float as i128,
            _ => return Err(flaw::INT_FROM_FLOAT),
        };
        let value = T::try_from(whole).map_err(|_| T::beyond(whole > 0, self.rules))?;
        self.rules.number(value.num())?;
        Ok(value)
    }

    fn float(&self) -> Result<f64, Flaw> {
        let value = match self.value {
            Some(Value::Number(number)) => number.as_f64().ok_or(flaw::FLOAT_TYPE)?,
            Some(Value::String(text)) => return scalar::float(text, self.rules),
            Some(Value::Bool(value)) => f64::from(u8::from(*value)),
            _ => return Err(flaw::FLOAT_TYPE),
        };
        self.rules.number(Num::Float(value))?;
        Ok(value)
    }

    #[expect(clippy::cast_possible_truncation, reason = "an `f32` takes the nearest that it has")]
    fn single(&self) -> Result<f32, Flaw> {
        self.float().map(|value| value as f32)
    }

    fn bool(&self) -> Result<bool, Flaw> {
        match self.value {
            Some(&Value::Bool(value)) => Ok(value),
            Some(Value::String(text)) => scalar::bool(text),
            Some(Value::Number(number)) => match number.as_f64() {
                Some(1.0) => Ok(true),
                Some(0.0) => Ok(false),
                // Only whole numbers look like attempts at a boolean, and to pydantic only those of an `i64`.
                Some(float) if float.fract() == 0.0 && float.abs() < 2_f64.powi(63) => {
                    Err(flaw::BOOL_PARSING)
                }
                _ => Err(flaw::BOOL_TYPE),
            },
            _ => Err(flaw::BOOL_TYPE),
        }
    }

    fn char(&self) -> Result<char, Flaw> {
        match self.value {
            Some(Value::String(text)) => scalar::char(text),
            _ => Err(flaw::STRING_TYPE),
        }
    }
}

/// Deserialises by looking at the value first, so that the visitor is still there when that fails.
macro_rules! scalars {
    ($($ask:ident $visit:ident $read:ident;)*) => {$(
        fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.$read() {
                Ok(value) => visitor.$visit(value),
                Err(flaw) => self.flawed(flaw, |wild| wild.$ask(visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            None => self.flawed(flaw::MISSING, |wild| wild.deserialize_any(visitor)),
            Some(Value::Null) => visitor.visit_unit(),
            Some(Value::Bool(value)) => visitor.visit_bool(*value),
            Some(Value::Number(number)) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Some(Value::String(_)) => self.deserialize_string(visitor),
            Some(Value::Array(_)) => self.deserialize_seq(visitor),
            Some(Value::Object(object)) => match self.visit_entries(object, visitor) {
                // Among types that take anything, only an enum with a tag among its fields can miss a field: its tag.
                Err(Fault::Missing(tag)) => Err(Fault::Untagged(tag)),
                result => result,
            },
        }
    }

    alike!();

    scalars! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 int;
        deserialize_i16 visit_i16 int;
        deserialize_i32 visit_i32 int;
        deserialize_i64 visit_i64 int;
        deserialize_i128 visit_i128 int;
        deserialize_u8 visit_u8 int;
        deserialize_u16 visit_u16 int;
        deserialize_u32 visit_u32 int;
        deserialize_u64 visit_u64 int;
        deserialize_u128 visit_u128 int;
        deserialize_f32 visit_f32 single;
        deserialize_f64 visit_f64 float;
        deserialize_char visit_char char;
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let text = match self.value {
            Some(Value::String(text)) => self.rules.text(text).map(|()| text),
            _ => Err(flaw::STRING_TYPE),
        };
        match text {
            Ok(text) => visitor.visit_str(text),
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_string(visitor)),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Some(Value::String(text)) => visitor.visit_bytes(text.as_bytes()),
            Some(Value::Array(_)) => self.deserialize_seq(visitor),
            _ => self.flawed(flaw::BYTES_TYPE, |wild| wild.deserialize_byte_buf(visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Some(Value::Null) => visitor.visit_unit(),
            _ => self.flawed(flaw::NONE_REQUIRED, |wild| wild.deserialize_unit(visitor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let items = match self.value {
            Some(Value::Array(items)) => self.rules.too_many(items.len()).map_or(Ok(items), Err),
            _ => Err(flaw::LIST_TYPE),
        };
        match items {
            Ok(items) => {
                let result = visitor.visit_seq(Items { node: self, values: items, next: 0, len: None });
                let too_few = self.rules.too_few(items.len());
                self.session.settle_few(self.path, too_few, &|| self.input(), result)
            }
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_seq(visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let items = match self.value {
            Some(Value::Array(items)) if items.len() > len => Err(flaw::too_long("Tuple", len, items.len())),
            Some(Value::Array(items)) => Ok(items),
            _ => Err(flaw::TUPLE_TYPE),
        };
        match items {
            Ok(items) => visitor.visit_seq(Items { node: self, values: items, next: 0, len: Some(len) }),
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_tuple(len, visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Some(Value::Object(object)) => {
                let result = self.visit_entries(object, visitor);
                self.session.settle_fields(type_name::<V>(), object.keys().map(String::as_str), result)
            }
            _ => self.flawed(flaw::DICT_TYPE, |wild| wild.deserialize_map(visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Some(Value::Object(object)) => {
                let of = type_name::<V>();
                let present = fields.iter().copied().filter(|field| object.contains_key(*field));
                let result = visitor.visit_map(Fields {
                    node: self,
                    of,
                    gaps: self.session.gaps(of, &present),
                    object,
                    wanted: fields,
                    next: 0,
                    stage: Stage::Declared,
                    unknown: object.iter(),
                    pending: None,
                });
                self.session.settle_fields(of, present, result)
            }
            _ => self.flawed(flaw::MODEL_TYPE, |wild| wild.deserialize_struct(name, fields, visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Some(Value::String(word)) => {
                let Node { session, path, rules, .. } = self;
                let raw = Raw::Text(word.into());
                Text { session, raw, path, rules }.deserialize_enum(name, variants, visitor)
            }
            Some(Value::Object(object)) if object.len() == 1 => match object.iter().next() {
                Some((key, value)) => visitor.visit_enum(Variant { node: self, name: key, value }),
                None => Err(Fault::Noted),
            },
            _ => self
                .flawed(flaw::not_a_variant(variants), |wild| wild.deserialize_enum(name, variants, visitor)),
        }
    }

    /// Only an enum's tag is a value that is asked for like this.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Step::Index(_) = self.path.step {
            return Err(Fault::Item);
        }
        let found = match self.value {
            Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
            Some(Value::Null) => Cow::Borrowed("None"),
            Some(other) => Cow::Owned(other.to_string()),
            None => return self.deserialize_string(visitor),
        };
        self.session.settle_tag(self.path, &found, visitor.visit_str(&found))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

/// The items of a list or tuple.
struct Items<'a> {
    node: Node<'a>,
    values: &'a [Value],
    next: usize,
    /// How many items there must be; `None` for a list, which may have any number.
    len: Option<usize>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Node { session, path: of, rules, .. } = self.node;
        while self.next < self.len.unwrap_or(self.values.len()) {
            let path = of.index(self.next);
            let value = self.values.get(self.next);
            self.next += 1;
            let node =
                Node { session, value, path: &path, rules: rules.of_items(), container: self.node.value };
            let result = match session.state(&path) {
                State::Fresh => seed.deserialize(node),
                _ if self.len.is_none() => continue,
                _ => seed.deserialize(session.filling(&path)),
            };
            return match result {
                Err(Fault::Item) => Err(Fault::List),
                result => session.settle(&path, &|| node.input(), result).map(Some),
            };
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len.unwrap_or(self.values.len()).saturating_sub(self.next))
    }
}

/// The entries of a map.
struct Entries<'a> {
    node: Node<'a>,
    of: TypeName,
    rest: serde_json::map::Iter<'a>,
    rank: usize,
    gaps: std::vec::IntoIter<&'static str>,
    pending: Option<(&'a str, usize, Option<&'a Value>)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Node { session, path: of, .. } = self.node;
        for (name, value) in self.rest.by_ref() {
            // The error of a key comes before that of its value.
            let key_of = of.name(name, self.rank);
            let key = key_of.name("[key]", 0);
            let rank = self.rank + 1;
            self.rank += 2;
            let path = of.name(name, rank);
            // Entries that the type refuses are left out.
            if session.state(&path) != State::Fresh || session.state(&key) != State::Fresh {
                continue;
            }
            // Keys are texts, whatever they stand for.
            let text = Text { session, raw: Raw::Text(name.into()), path: &key, rules: Rules::None };
            let result = session.settle_key(self.of, seed.deserialize(text));
            let result = session.settle(&key, &|| name.as_str().into(), result)?;
            self.pending = Some((name, rank, Some(value)));
            return Ok(Some(result));
        }
        // A struct that something is flattened into asks for a map, and may still lack fields of its own.
        let object = self.node.value;
        let lacks = |field: &&str| object.is_none_or(|object| object.get(field).is_none());
        let Some(field) = self.gaps.find(lacks) else { return Ok(None) };
        self.pending = Some((field, self.rank, None));
        self.rank += 1;
        seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, rank, value)) = self.pending.take() else { return Err(Fault::Noted) };
        let Node { session, path: of, .. } = self.node;
        let path = of.name(name, rank);
        let rules = self.node.rules.of_field(name);
        let node = Node { session, value, path: &path, rules, container: self.node.value };
        match seed.deserialize(node) {
            // The error is that of the whole object, which is none of the variants.
            Err(fault @ Fault::Tag { .. }) => Err(fault),
            result => session.settle(&path, &|| node.input(), result),
        }
    }
}

/// The fields of a struct: in the order of the struct, then what else the object has.
struct Fields<'a> {
    node: Node<'a>,
    of: TypeName,
    object: &'a Map<String, Value>,
    gaps: Vec<&'static str>,
    wanted: &'static [&'static str],
    next: usize,
    stage: Stage,
    unknown: serde_json::map::Iter<'a>,
    pending: Option<(&'a str, usize, Option<&'a Value>)>,
}

impl<'a> Fields<'a> {
    /// The next field to hand out in this stage.
    fn declared(&mut self) -> Option<&'static str> {
        let Node { session, path: of, .. } = self.node;
        while let Some(&field) = self.wanted.get(self.next) {
            let rank = self.next;
            self.next += 1;
            let hopeless = session.state(&of.name(field, rank)) == State::Hopeless;
            if hopeless != (self.stage == Stage::Hopeless) {
                continue;
            }
            let value = self.object.get(field);
            if value.is_some() || self.gaps.contains(&field) {
                self.pending = Some((field, rank, value));
                return Some(field);
            }
        }
        None
    }

    /// The next name that the struct does not have. A struct that denies unknown fields is not shown any.
    fn unknown(&mut self) -> Option<(&'a str, &'a Value)> {
        let Node { session, path: of, .. } = self.node;
        let strict = session.is_strict(self.of);
        for (name, value) in self.unknown.by_ref() {
            if self.wanted.contains(&name.as_str()) {
                continue;
            }
            if !strict {
                return Some((name, value));
            }
            let path = of.name(name, self.wanted.len() + self.next);
            self.next += 1;
            // A struct is known to be strict only from an earlier pass, so there is a log for this note.
            let _ = session.note(&path, flaw::EXTRA, &|| value.clone());
        }
        None
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let session = self.node.session;
        if self.stage == Stage::Declared {
            if let Some(field) = self.declared() {
                return seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some);
            }
            self.stage = Stage::Unknown;
            self.next = 0;
        }
        if self.stage == Stage::Unknown {
            if let Some((name, value)) = self.unknown() {
                self.pending = Some((name, self.wanted.len(), Some(value)));
                let key = StrDeserializer::<Fault>::new(name);
                return session.settle_key(self.of, seed.deserialize(key)).map(Some);
            }
            self.stage = Stage::Hopeless;
            self.next = if session.is_first() { self.wanted.len() } else { 0 };
        }
        self.declared().map(|field| seed.deserialize(StrDeserializer::<Fault>::new(field))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, rank, value)) = self.pending.take() else { return Err(Fault::Noted) };
        let Node { session, path: of, .. } = self.node;
        let path = of.name(name, rank);
        let rules = self.node.rules.of_field(name);
        let node = Node { session, value, path: &path, rules, container: self.node.value };
        let result = if session.state(&path) == State::Hole {
            seed.deserialize(session.filling(&path))
        } else {
            seed.deserialize(node)
        };
        session.settle(&path, &|| node.input(), result)
    }
}

/// A variant with content: an object whose only key is its name.
struct Variant<'a> {
    node: Node<'a>,
    name: &'a str,
    value: &'a Value,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(StrDeserializer::<Fault>::new(self.name))?, self))
    }
}

impl Variant<'_> {
    fn decode<T>(&self, decode: impl FnOnce(Node<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let Node { session, path: of, .. } = self.node;
        let path = of.name(self.name, 0);
        let node =
            Node { session, value: Some(self.value), path: &path, rules: Rules::None, container: None };
        session.settle(&path, &|| node.input(), decode(node))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.decode(|node| <()>::deserialize(node))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.decode(|node| {
            if node.session.state(node.path) == State::Hole {
                seed.deserialize(node.session.filling(node.path))
            } else {
                seed.deserialize(node)
            }
        })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.decode(|node| node.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.decode(|node| node.deserialize_struct("", fields, visitor))
    }
}
