//! JSON bodies.

use std::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::flaw::{self, Flaw};
use super::rules::{Num, Rules};
use super::scalar::{self, Int};
use super::session::{Fault, Path, Session, State};
use super::text::{Text, Word};
use super::values::Raw;
use super::wild::Wild;
use crate::param::ParamOptions;
use crate::rejection::{Invalid, Loc, Place};

/// Decodes a JSON body, or of a body that several parameters share the part under the key `embed`.
///
/// A good body is read once, by `serde_json`. Only one that does not fit, or has limits to check, is looked at in detail.
pub(crate) fn from_json<T: DeserializeOwned>(
    bytes: &[u8],
    embed: Option<&str>,
    options: &ParamOptions,
) -> Result<T, Vec<Invalid>> {
    let rules = Rules::Value(options);
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
    let root = Path::root(Place::Body.as_str());
    let embedded = embed.map(|key| root.name(key, 0));
    let (path, value) = match (&embedded, embed) {
        (Some(path), Some(key)) => (path, body.as_ref().and_then(|body| body.get(key))),
        _ => (&root, body.as_ref()),
    };
    Session::run(Place::Body, |session| {
        let node = Node { session, value, path, rules, container: None };
        session.settle_all(path, || node.input(), T::deserialize(node))
    })
}

/// Checks that a body is JSON at all.
pub(crate) fn check_json(bytes: &[u8]) -> Result<(), Invalid> {
    if bytes.is_empty() {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map(drop).map_err(|error| syntax_error(bytes, &error))
}

/// The value, if there is nothing to report.
fn quick<T: DeserializeOwned>(bytes: &[u8], embed: Option<&str>) -> Option<T> {
    let Some(key) = embed else { return serde_json::from_slice(bytes).ok() };
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = parser.deserialize_map(Pick { key, value: PhantomData }).ok()?;
    parser.end().ok()?;
    value
}

/// Takes the value of one key of an object.
struct Pick<'k, T> {
    key: &'k str,
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Pick<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(wanted) = fields.next_key_seed(IsKey(self.key))? {
            // Of a repeated key the last one counts, as everywhere in JSON.
            if wanted {
                found = Some(fields.next_value()?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Compares a key without keeping it.
struct IsKey<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// What is wrong with a text that is no JSON, and where.
fn syntax_error(bytes: &[u8], error: &serde_json::Error) -> Invalid {
    let message = error.to_string();
    let reason = message.rsplit_once(" at line ").map_or(&*message, |(reason, _)| reason);
    let offset = if error.is_eof() { bytes.len() } else { offset(bytes, error.line(), error.column()) };
    let flaw = flaw::json_invalid(in_pythons_words(reason));
    let loc = vec![Loc::Name(Place::Body.as_str().into()), Loc::Index(offset)];
    let input = Value::Object(Map::new());
    Invalid { kind: flaw.kind, loc, msg: flaw.msg.into_owned(), input, ctx: flaw.ctx }
}

/// The offset of a position that is given by its line and the byte within it, both from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let start: usize =
        bytes.split_inclusive(|&byte| byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (start + column.saturating_sub(1)).min(bytes.len())
}

/// Clients of FastAPI know the reasons that Python's parser gives.
fn in_pythons_words(reason: &str) -> &str {
    match reason {
        "key must be a string" | "trailing comma" => "Expecting property name enclosed in double quotes",
        "expected value" | "expected ident" | "EOF while parsing a value" => "Expecting value",
        "expected `,` or `}`"
        | "expected `,` or `]`"
        | "EOF while parsing an object"
        | "EOF while parsing a list" => "Expecting ',' delimiter",
        "expected `:`" => "Expecting ':' delimiter",
        "EOF while parsing a string" => "Unterminated string starting at",
        "invalid escape" => "Invalid \\escape",
        "trailing characters" => "Extra data",
        reason if reason.starts_with("control character") => "Invalid control character at",
        reason => reason,
    }
}

/// A value of a body, or its absence.
#[derive(Clone, Copy)]
struct Node<'a> {
    session: &'a Session,
    value: Option<&'a Value>,
    path: &'a Path<'a>,
    rules: Rules<'a>,
    /// The object that lacks the value.
    container: Option<&'a Value>,
}

impl Node<'_> {
    fn input(&self) -> Value {
        self.value.or(self.container).cloned().unwrap_or_default()
    }

    fn flawed<T>(&self, flaw: Flaw, fill: impl FnOnce(Wild) -> Result<T, Fault>) -> Result<T, Fault> {
        let flaw = if self.value.is_some() { flaw } else { flaw::MISSING };
        self.session.flawed(self.path, flaw, || self.input(), fill)
    }

    fn int<T: Int>(&self) -> Result<T, Flaw> {
        let number = match self.value {
            Some(Value::Number(number)) => number,
            // A text is no number to serde, but clients know the error of one that could not be.
            Some(Value::String(text)) => {
                return Err(scalar::int::<T>(text, Rules::None).map_or_else(
                    |flaw| if flaw == flaw::INT_PARSING { flaw } else { flaw::INT_TYPE },
                    |_| flaw::INT_TYPE,
                ));
            }
            _ => return Err(flaw::INT_TYPE),
        };
        let (min, max) = T::limits();
        let whole = match (number.as_i128(), number.as_f64()) {
            (Some(whole), _) => whole,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it has no fraction, and what is too large saturates"
            )]
            (None, Some(float)) if float.fract() == 0.0 => float as i128,
            _ => return Err(flaw::INT_FROM_FLOAT),
        };
        let value = T::try_from(whole).map_err(|_| {
            let above = whole > 0;
            self.rules.beyond(above, if above { max } else { min })
        })?;
        self.rules.number(value.num())?;
        Ok(value)
    }

    fn float(&self) -> Result<f64, Flaw> {
        let value = match self.value {
            Some(Value::Number(number)) => number.as_f64().ok_or(flaw::FLOAT_TYPE)?,
            Some(Value::String(text)) => {
                return Err(if scalar::float(text, Rules::None).is_ok() {
                    flaw::FLOAT_TYPE
                } else {
                    flaw::FLOAT_PARSING
                });
            }
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
            Some(Value::String(text)) if scalar::bool(text).is_err() => Err(flaw::BOOL_PARSING),
            Some(Value::Number(number)) if number.as_u64().is_some_and(|number| number > 1) => {
                Err(flaw::BOOL_PARSING)
            }
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
            Some(Value::Object(_)) => self.deserialize_map(visitor),
        }
    }

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

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_string(visitor)
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

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_byte_buf(visitor)
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

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
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
            Some(Value::Array(items)) => self.rules.count(items.len()).map(|()| items),
            _ => Err(flaw::LIST_TYPE),
        };
        match items {
            Ok(items) => visitor.visit_seq(Items { node: self, items, next: 0, len: None }),
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
            Ok(items) => visitor.visit_seq(Items { node: self, items, next: 0, len: Some(len) }),
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_tuple(len, visitor)),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Some(Value::Object(object)) => {
                let result = visitor.visit_map(Entries {
                    node: self,
                    entries: object.iter(),
                    rank: 0,
                    gaps: self.session.gaps(self.path).into_iter(),
                    pending: None,
                });
                self.session.settle_fields(self.path, result)
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
                let result = visitor.visit_map(Fields {
                    node: self,
                    object,
                    fields,
                    next: 0,
                    stage: Stage::Declared,
                    unknown: object.iter(),
                    pending: None,
                });
                self.session.settle_fields(self.path, result)
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
            Some(Value::String(word)) => visitor.visit_enum(Word(word)),
            Some(Value::Object(object)) if object.len() == 1 => match object.iter().next() {
                Some((variant, content)) => visitor.visit_enum(Variant { node: self, variant, content }),
                None => Err(Fault::Noted),
            },
            _ => self
                .flawed(flaw::not_a_variant(variants), |wild| wild.deserialize_enum(name, variants, visitor)),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

/// The items of a list or tuple.
struct Items<'a> {
    node: Node<'a>,
    items: &'a [Value],
    next: usize,
    /// How many items there must be; a list has as many as it has.
    len: Option<usize>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Node { session, path: of, rules, .. } = self.node;
        while self.next < self.len.unwrap_or(self.items.len()) {
            let path = of.index(self.next);
            let value = self.items.get(self.next);
            self.next += 1;
            let node =
                Node { session, value, path: &path, rules: rules.of_items(), container: self.node.value };
            let result = match session.state(&path) {
                State::Fresh => seed.deserialize(node),
                _ if self.len.is_none() => continue,
                _ => seed.deserialize(session.hole(&path)),
            };
            return session.settle(&path, || node.input(), result).map(Some);
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len.unwrap_or(self.items.len()).saturating_sub(self.next))
    }
}

/// The entries of a map.
struct Entries<'a> {
    node: Node<'a>,
    entries: serde_json::map::Iter<'a>,
    rank: usize,
    gaps: std::vec::IntoIter<&'static str>,
    pending: Option<(&'a str, usize, Option<&'a Value>)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Node { session, path: of, .. } = self.node;
        for (name, value) in self.entries.by_ref() {
            // The error of a key comes before that of its value.
            let key_of = of.name(name, self.rank);
            let key = key_of.name("[key]", 0);
            let rank = self.rank + 1;
            self.rank += 2;
            let path = of.name(name, rank);
            // What the type refuses is left out.
            if session.state(&path) != State::Fresh || session.state(&key) != State::Fresh {
                continue;
            }
            // Keys are texts, whatever they stand for.
            let text = Text { session, raw: Raw::Text(name.into()), path: &key, rules: Rules::None };
            let result = session.settle_key(of, seed.deserialize(text));
            let result = session.settle(&key, || name.as_str().into(), result)?;
            self.pending = Some((name, rank, Some(value)));
            return Ok(Some(result));
        }
        // A struct that is flattened into asks for a map and may still lack fields of its own.
        let Some(field) = self.gaps.next() else { return Ok(None) };
        self.pending = Some((field, self.rank, None));
        self.rank += 1;
        seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, rank, value)) = self.pending.take() else { return Err(Fault::Noted) };
        let Node { session, path: of, .. } = self.node;
        let path = of.name(name, rank);
        let node = Node { session, value, path: &path, rules: Rules::None, container: self.node.value };
        session.settle(&path, || node.input(), seed.deserialize(node))
    }
}

/// The fields of a struct: in the order of the struct, then what else the object has.
struct Fields<'a> {
    node: Node<'a>,
    object: &'a Map<String, Value>,
    fields: &'static [&'static str],
    next: usize,
    stage: Stage,
    unknown: serde_json::map::Iter<'a>,
    pending: Option<(&'a str, usize, Option<&'a Value>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The fields as declared.
    Declared,
    /// Names that the struct does not have.
    Unknown,
    /// Fields that nothing can fill, after which nothing can be decoded any more.
    Hopeless,
}

impl<'a> Fields<'a> {
    /// The next field to hand out, of those that this stage is about.
    fn declared(&mut self) -> Option<&'static str> {
        let Node { session, path: of, .. } = self.node;
        while let Some(&field) = self.fields.get(self.next) {
            let rank = self.next;
            self.next += 1;
            let hopeless = session.state(&of.name(field, rank)) == State::Hopeless;
            if hopeless != (self.stage == Stage::Hopeless) {
                continue;
            }
            let value = self.object.get(field);
            if value.is_some() || session.is_gap(of, field) {
                self.pending = Some((field, rank, value));
                return Some(field);
            }
        }
        None
    }

    /// The next name that the struct does not have; one that wants none of them is spared them all.
    fn unknown(&mut self) -> Option<(&'a str, &'a Value)> {
        let Node { session, path: of, .. } = self.node;
        let strict = session.is_strict(of);
        for (name, value) in self.unknown.by_ref() {
            if self.fields.contains(&name.as_str()) {
                continue;
            }
            if !strict {
                return Some((name, value));
            }
            let path = of.name(name, self.fields.len() + self.next);
            self.next += 1;
            // Strict structs are known from an earlier pass, so that the note is taken.
            let _ = session.note(&path, flaw::EXTRA, || value.clone());
        }
        None
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Node { session, path: of, .. } = self.node;
        if self.stage == Stage::Declared {
            if let Some(field) = self.declared() {
                return seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some);
            }
            self.stage = Stage::Unknown;
            self.next = 0;
        }
        if self.stage == Stage::Unknown {
            if let Some((name, value)) = self.unknown() {
                self.pending = Some((name, self.fields.len(), Some(value)));
                let key: StrDeserializer<'_, Fault> = name.into_deserializer();
                return session.settle_key(of, seed.deserialize(key)).map(Some);
            }
            self.stage = Stage::Hopeless;
            self.next = if session.is_first() { self.fields.len() } else { 0 };
        }
        match self.declared() {
            Some(field) => seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, rank, value)) = self.pending.take() else { return Err(Fault::Noted) };
        let Node { session, path: of, .. } = self.node;
        let path = of.name(name, rank);
        let node = Node { session, value, path: &path, rules: Rules::None, container: self.node.value };
        let result = if session.state(&path) == State::Hole {
            seed.deserialize(session.hole(&path))
        } else {
            seed.deserialize(node)
        };
        session.settle(&path, || node.input(), result)
    }
}

/// A variant with content: an object whose only key is its name.
struct Variant<'a> {
    node: Node<'a>,
    variant: &'a str,
    content: &'a Value,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = Content<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'a>), Fault> {
        let name: StrDeserializer<'_, Fault> = self.variant.into_deserializer();
        let variant = seed.deserialize(name)?;
        Ok((variant, Content { node: self.node, variant: self.variant, content: self.content }))
    }
}

/// The content of a variant.
struct Content<'a> {
    node: Node<'a>,
    variant: &'a str,
    content: &'a Value,
}

impl Content<'_> {
    fn decode<T>(&self, decode: impl FnOnce(Node<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let Node { session, path: of, .. } = self.node;
        let path = of.name(self.variant, 0);
        let node =
            Node { session, value: Some(self.content), path: &path, rules: Rules::None, container: None };
        session.settle(&path, || node.input(), decode(node))
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.decode(|node| <()>::deserialize(node))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.decode(|node| {
            if node.session.state(node.path) == State::Hole {
                seed.deserialize(node.session.hole(node.path))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::param::Bound;

    const NONE: ParamOptions = ParamOptions::NONE;

    fn body<T: DeserializeOwned>(text: &str) -> Result<T, Value> {
        with(text, None, &NONE)
    }

    fn with<T: DeserializeOwned>(
        text: &str,
        embed: Option<&str>,
        options: &ParamOptions,
    ) -> Result<T, Value> {
        from_json(text.as_bytes(), embed, options).map_err(|errors| serde_json::to_value(errors).unwrap())
    }

    fn error(kind: &str, loc: Value, msg: &str, input: Value) -> Value {
        json!({"type": kind, "loc": loc, "msg": msg, "input": input})
    }

    fn missing(loc: Value, input: Value) -> Value {
        error("missing", loc, "Field required", input)
    }

    const INT_PARSING: &str = "Input should be a valid integer, unable to parse string as an integer";
    const MODEL: &str = "Input should be a valid dictionary or object to extract fields from";

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        name: String,
        price: f64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        id: u32,
        items: Vec<Item>,
        note: Option<String>,
        #[serde(default)]
        tags: BTreeMap<String, bool>,
    }

    #[test]
    fn a_good_body() {
        let order = body::<Order>(r#"{"id": 1, "items": [{"name": "n", "price": 2}]}"#).unwrap();
        assert_eq!(order.items, [Item { name: "n".into(), price: 2.0 }]);
        assert_eq!(body("null"), Ok(None::<Item>));
        assert_eq!(body(""), Ok(None::<Item>));
        // JSON has one kind of number.
        assert_eq!(body("4.0"), Ok(4_u8));
        // Of a repeated key the last one counts.
        assert_eq!(
            body(r#"{"name": "a", "price": 1, "name": "b"}"#),
            Ok(Item { name: "b".into(), price: 1.0 })
        );
    }

    #[test]
    fn each_type_has_its_words() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Size {
            Small,
            Large,
        }
        #[derive(Debug, Deserialize)]
        struct Unit;
        let rows = [
            (body::<String>("1").err(), "string_type", "Input should be a valid string", json!(1)),
            (body::<char>("1").err(), "string_type", "Input should be a valid string", json!(1)),
            (body::<i32>("null").err(), "int_type", "Input should be a valid integer", json!(null)),
            (body::<i32>("true").err(), "int_type", "Input should be a valid integer", json!(true)),
            (body::<i32>(r#""1""#).err(), "int_type", "Input should be a valid integer", json!("1")),
            (body::<u8>(r#""300""#).err(), "int_type", "Input should be a valid integer", json!("300")),
            (body::<i32>(r#""x""#).err(), "int_parsing", INT_PARSING, json!("x")),
            (
                body::<i32>("4.2").err(),
                "int_from_float",
                "Input should be a valid integer, got a number with a fractional part",
                json!(4.2),
            ),
            (body::<f64>("[]").err(), "float_type", "Input should be a valid number", json!([])),
            (body::<f32>(r#""1""#).err(), "float_type", "Input should be a valid number", json!("1")),
            (
                body::<f64>(r#""x""#).err(),
                "float_parsing",
                "Input should be a valid number, unable to parse string as a number",
                json!("x"),
            ),
            (body::<bool>("1").err(), "bool_type", "Input should be a valid boolean", json!(1)),
            (body::<bool>(r#""yes""#).err(), "bool_type", "Input should be a valid boolean", json!("yes")),
            (
                body::<bool>(r#""x""#).err(),
                "bool_parsing",
                "Input should be a valid boolean, unable to interpret input",
                json!("x"),
            ),
            (
                body::<bool>("2").err(),
                "bool_parsing",
                "Input should be a valid boolean, unable to interpret input",
                json!(2),
            ),
            (body::<Vec<i32>>("{}").err(), "list_type", "Input should be a valid list", json!({})),
            (body::<(i32, i32)>("1").err(), "tuple_type", "Input should be a valid tuple", json!(1)),
            (
                body::<BTreeMap<String, i32>>("[]").err(),
                "dict_type",
                "Input should be a valid dictionary",
                json!([]),
            ),
            (body::<Item>("[]").err(), "model_attributes_type", MODEL, json!([])),
            (body::<Item>("null").err(), "model_attributes_type", MODEL, json!(null)),
            (body::<()>("1").err(), "none_required", "Input should be None", json!(1)),
            (body::<Unit>("1").err(), "none_required", "Input should be None", json!(1)),
        ];
        for (got, kind, msg, input) in rows {
            assert_eq!(got, Some(json!([error(kind, json!(["body"]), msg, input)])));
        }
        for (text, input) in [("\"x\"", json!("x")), ("3", json!(3)), ("{}", json!({}))] {
            let mut want = error("enum", json!(["body"]), "Input should be 'small' or 'large'", input);
            want["ctx"] = json!({"expected": "'small' or 'large'"});
            assert_eq!(body::<Size>(text).err(), Some(json!([want])));
        }
    }

    #[test]
    fn an_int_beyond_its_type_misses_a_limit() {
        let rows = [
            (
                body::<u8>("256").err(),
                "less_than_equal",
                "less than or equal to 255",
                json!(256),
                json!({"le": 255}),
            ),
            (
                body::<u8>("-1").err(),
                "greater_than_equal",
                "greater than or equal to 0",
                json!(-1),
                json!({"ge": 0}),
            ),
            (
                body::<i64>("1e300").err(),
                "less_than_equal",
                "less than or equal to 9223372036854775807",
                json!(1e300),
                json!({"le": i64::MAX}),
            ),
        ];
        for (got, kind, relation, input, ctx) in rows {
            let mut want = error(kind, json!(["body"]), &format!("Input should be {relation}"), input);
            want["ctx"] = ctx;
            assert_eq!(got, Some(json!([want])));
        }
    }

    #[test]
    fn every_error_with_its_path() {
        let text = r#"{"items": [{"price": "x"}, 3, {"name": 1}, {"name": "n", "price": 1}], "note": 5, "tags": {"a": 3}}"#;
        let sent: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            body::<Order>(text),
            Err(json!([
                missing(json!(["body", "id"]), sent),
                missing(json!(["body", "items", 0, "name"]), json!({"price": "x"})),
                error(
                    "float_parsing",
                    json!(["body", "items", 0, "price"]),
                    "Input should be a valid number, unable to parse string as a number",
                    json!("x")
                ),
                error("model_attributes_type", json!(["body", "items", 1]), MODEL, json!(3)),
                error(
                    "string_type",
                    json!(["body", "items", 2, "name"]),
                    "Input should be a valid string",
                    json!(1)
                ),
                missing(json!(["body", "items", 2, "price"]), json!({"name": 1})),
                error("string_type", json!(["body", "note"]), "Input should be a valid string", json!(5)),
                error(
                    "bool_parsing",
                    json!(["body", "tags", "a"]),
                    "Input should be a valid boolean, unable to interpret input",
                    json!(3)
                ),
            ]))
        );
        assert_eq!(
            body::<Item>("{}"),
            Err(json!([
                missing(json!(["body", "name"]), json!({})),
                missing(json!(["body", "price"]), json!({}))
            ]))
        );
    }

    #[test]
    fn keys_and_tuples_and_variants() {
        #[derive(Debug, PartialEq, Deserialize)]
        enum Shape {
            Round { radius: u8 },
            Square(u8),
            Pair(u8, u8),
            Point,
        }
        assert_eq!(with(r#"{"x": {"Square": 4}}"#, Some("x"), &NONE), Ok(Shape::Square(4)));
        assert_eq!(
            body::<BTreeMap<u8, u8>>(r#"{"x": "y", "1": 2}"#),
            Err(json!([
                error("int_parsing", json!(["body", "x", "[key]"]), INT_PARSING, json!("x")),
                error("int_parsing", json!(["body", "x"]), INT_PARSING, json!("y")),
            ]))
        );
        assert_eq!(
            body::<(u8, u8, u8)>(r#"["x", 2]"#),
            Err(json!([
                error("int_parsing", json!(["body", 0]), INT_PARSING, json!("x")),
                missing(json!(["body", 2]), json!(["x", 2])),
            ]))
        );
        let int = |loc| error("int_parsing", loc, INT_PARSING, json!("x"));
        let rows = [
            (r#"{"Square": "x"}"#, int(json!(["body", "Square"]))),
            (r#"{"Round": {"radius": "x"}}"#, int(json!(["body", "Round", "radius"]))),
            (r#"{"Round": {}}"#, missing(json!(["body", "Round", "radius"]), json!({}))),
            (r#"{"Pair": ["x", 1]}"#, int(json!(["body", "Pair", 0]))),
            (
                r#"{"Point": 1}"#,
                error("none_required", json!(["body", "Point"]), "Input should be None", json!(1)),
            ),
        ];
        for (text, want) in rows {
            assert_eq!(body::<Shape>(text), Err(json!([want])), "{text}");
        }
    }

    #[test]
    fn unknown_fields_all_at_once_and_last() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Strict {
            z: u8,
            b: u8,
        }
        let extra = |name: &str, input| {
            error("extra_forbidden", json!(["body", name]), "Extra inputs are not permitted", input)
        };
        assert_eq!(
            body::<Strict>(r#"{"a": 1, "b": "x", "c": []}"#),
            Err(json!([
                missing(json!(["body", "z"]), json!({"a": 1, "b": "x", "c": []})),
                error("int_parsing", json!(["body", "b"]), INT_PARSING, json!("x")),
                extra("a", json!(1)),
                extra("c", json!([])),
            ]))
        );
    }

    #[test]
    fn several_bodies_stand_under_their_keys() {
        let text = r#"{"f": {"name": "n", "price": 1}, "g": {"name": 1, "price": 1}, "h": 3}"#;
        assert_eq!(with(text, Some("f"), &NONE), Ok(Item { name: "n".into(), price: 1.0 }));
        assert_eq!(
            with::<Item>(text, Some("g"), &NONE),
            Err(json!([error(
                "string_type",
                json!(["body", "g", "name"]),
                "Input should be a valid string",
                json!(1)
            )]))
        );
        assert_eq!(
            with::<Item>(text, Some("h"), &NONE),
            Err(json!([error("model_attributes_type", json!(["body", "h"]), MODEL, json!(3))]))
        );
        for text in ["", "null", "[]", "3", "{}"] {
            let want = json!([missing(json!(["body", "f"]), json!(null))]);
            assert_eq!(with::<Item>(text, Some("f"), &NONE), Err(want), "{text}");
            assert_eq!(with::<Option<Item>>(text, Some("f"), &NONE), Ok(None), "{text}");
        }
    }

    #[test]
    fn an_empty_body() {
        let want = json!([missing(json!(["body"]), json!(null))]);
        assert_eq!(body::<Item>(""), Err(want.clone()));
        assert_eq!(body::<String>(""), Err(want.clone()));
        assert_eq!(body::<Vec<i32>>(""), Err(want));
        assert!(check_json(b"").is_ok());
    }

    #[test]
    fn limits_of_a_body_that_is_one_value() {
        let options = ParamOptions { min_length: Some(3), ..NONE };
        let mut want = error(
            "string_too_short",
            json!(["body", "note"]),
            "String should have at least 3 characters",
            json!("ab"),
        );
        want["ctx"] = json!({"min_length": 3});
        assert_eq!(with::<String>(r#"{"note": "ab"}"#, Some("note"), &options), Err(json!([want])));
        assert_eq!(with::<String>(r#"{"note": "abc"}"#, Some("note"), &options), Ok("abc".into()));
        let options = ParamOptions { lt: Some(Bound::Int(3)), ..NONE };
        let mut want = error("less_than", json!(["body", 1]), "Input should be less than 3", json!(3));
        want["ctx"] = json!({"lt": 3});
        assert_eq!(with::<Vec<u8>>("[1, 3]", None, &options), Err(json!([want])));
    }

    #[test]
    fn what_is_no_json() {
        let rows = [
            ("{oops", 1, "Expecting property name enclosed in double quotes"),
            ("{1:2}", 1, "Expecting property name enclosed in double quotes"),
            (r#"{"a":1"#, 6, "Expecting ',' delimiter"),
            (r#"{"a":}"#, 5, "Expecting value"),
            (r#"{"a":1}x"#, 7, "Extra data"),
            (r#"{"a" 1}"#, 5, "Expecting ':' delimiter"),
            ("[1 2]", 3, "Expecting ',' delimiter"),
            (" ", 1, "Expecting value"),
            ("\n\n  x", 4, "Expecting value"),
        ];
        for (text, offset, reason) in rows {
            let mut want = error("json_invalid", json!(["body", offset]), "JSON decode error", json!({}));
            want["ctx"] = json!({"error": reason});
            assert_eq!(body::<Item>(text), Err(json!([want])), "{text}");
            let checked = check_json(text.as_bytes()).unwrap_err();
            assert_eq!(serde_json::to_value(checked).unwrap(), want, "{text}");
        }
        let rows: [&[u8]; 5] = [b"\xff", b"\"abc", b"\"\\x\"", b"\"a\nb\"", b"nul"];
        for bytes in rows {
            let errors = from_json::<Item>(bytes, None, &NONE).unwrap_err();
            assert_eq!((errors.len(), errors[0].kind), (1, "json_invalid"), "{bytes:?}");
        }
    }

    #[test]
    fn hostile_bodies_neither_overflow_nor_take_long() {
        let deep = "[".repeat(100_000);
        assert_eq!(body::<Value>(&deep).unwrap_err()[0]["type"], "json_invalid");

        // Each of many items lacks a field.
        let many = format!("[{}{{}}]", "{},".repeat(100_000));
        let errors = body::<Vec<Item>>(&many).unwrap_err();
        assert!((1..=64).contains(&errors.as_array().unwrap().len()));

        // Each error would repeat a large object.
        let large = format!(r#"{{"pad": "{}"}}"#, "x".repeat(1_000_000));
        let errors = body::<Item>(&large).unwrap_err();
        assert_eq!(errors.as_array().unwrap().len(), 2);
        assert!(errors.to_string().len() < 1_000);
    }

    #[test]
    fn types_that_contain_themselves() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its errors matter")]
        enum Tree {
            Node(Box<Tree>, Box<Tree>),
            Leaf(u8),
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its errors matter")]
        struct Holder {
            tree: Tree,
            n: u8,
        }
        let errors = body::<Holder>(r#"{"tree": {"Node": [{"Leaf": "x"}, 3]}, "n": "y"}"#).unwrap_err();
        let locs: Vec<_> = errors.as_array().unwrap().iter().map(|error| error["loc"].clone()).collect();
        assert_eq!(
            locs,
            [
                json!(["body", "tree", "Node", 0, "Leaf"]),
                json!(["body", "tree", "Node", 1]),
                json!(["body", "n"])
            ]
        );
    }
}
