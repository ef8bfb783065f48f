//! One text as whatever scalar it is asked to be.

use std::any::type_name;
use std::convert::Infallible;

use serde::Deserializer;
use serde::de::Visitor;
use serde::de::value::StrDeserializer;
use serde_json::Value;

use super::flaw::{self, Flaw};
use super::rules::Rules;
use super::scalar;
use super::session::{Fault, Path, Session};
use super::values::Raw;
use super::wild::Wild;

/// A value that was sent as text.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    pub(super) session: &'a Session,
    pub(super) raw: Raw<'a>,
    pub(super) path: &'a Path<'a>,
    pub(super) rules: Rules<'a>,
}

/// The value as errors repeat it.
pub(super) fn shown(raw: &Raw<'_>) -> Value {
    match raw {
        Raw::Text(text) => Value::String(text.to_string()),
        Raw::Opaque(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Raw::File(name) => serde_json::json!({ "filename": name }),
    }
}

impl Text<'_> {
    /// Reads the text; `wrong` is the error of a file.
    fn read<R>(
        &self,
        parse: impl FnOnce(&str) -> Result<R, Flaw>,
        wrong: impl FnOnce() -> Flaw,
    ) -> Result<R, Flaw> {
        match &self.raw {
            Raw::Text(text) => parse(text),
            Raw::Opaque(_) => Err(flaw::STRING_UNICODE),
            Raw::File(_) => Err(wrong()),
        }
    }

    pub(super) fn flawed<T>(
        &self,
        flaw: Flaw,
        fill: impl FnOnce(Wild) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.session.flawed(self.path, flaw, &|| shown(&self.raw), fill)
    }
}

/// Deserialises by parsing the text first, so that the visitor is still there when that fails.
macro_rules! scalars {
    ($($ask:ident $visit:ident $wrong:ident $parse:expr;)*) => {$(
        fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let parse: fn(&str, Rules<'_>) -> Result<_, Flaw> = $parse;
            match self.read(|text| parse(text, self.rules), || flaw::$wrong) {
                Ok(value) => visitor.$visit(value),
                Err(flaw) => self.flawed(flaw, |wild| wild.$ask(visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.raw {
            // Serde's buffers take bytes, which matter only if something reads them later.
            Raw::Opaque(bytes) => visitor.visit_bytes(bytes),
            _ => self.deserialize_string(visitor),
        }
    }

    alike!();

    scalar::of_texts!(scalars);

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.read(|text| self.rules.text(text), || flaw::STRING_TYPE) {
            Ok(()) => match self.raw {
                Raw::Text(std::borrow::Cow::Owned(text)) => visitor.visit_string(text),
                Raw::Text(std::borrow::Cow::Borrowed(text)) => visitor.visit_str(text),
                Raw::Opaque(bytes) => visitor.visit_bytes(bytes),
                Raw::File(name) => visitor.visit_str(name),
            },
            Err(flaw) => self.flawed(flaw, |wild| wild.deserialize_string(visitor)),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.raw {
            Raw::Text(text) => visitor.visit_byte_buf(text.into_owned().into_bytes()),
            Raw::Opaque(bytes) => visitor.visit_bytes(bytes),
            Raw::File(_) => self.flawed(flaw::BYTES_TYPE, |wild| wild.deserialize_byte_buf(visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
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
        self.flawed(flaw::LIST_TYPE, |wild| wild.deserialize_seq(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.flawed(flaw::TUPLE_TYPE, |wild| wild.deserialize_tuple(len, visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.flawed(flaw::DICT_TYPE, |wild| wild.deserialize_map(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.flawed(flaw::MODEL_TYPE, |wild| wild.deserialize_struct(name, fields, visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.raw {
            Raw::Text(text) if variants.contains(&&**text) || !self.session.is_closed(type_name::<V>()) => {
                self.session.settle_name(type_name::<V>(), visitor.visit_enum(StrDeserializer::new(text)))
            }
            _ => {
                let wrong = || flaw::not_a_variant(variants);
                let Err(flaw) = self.read(|_| Err::<Infallible, _>(wrong()), wrong);
                self.flawed(flaw, |wild| wild.deserialize_enum(name, variants, visitor))
            }
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.raw {
            Raw::Text(text) => self.session.settle_tag(self.path, text, visitor.visit_str(text)),
            _ => self.deserialize_string(visitor),
        }
    }
}
