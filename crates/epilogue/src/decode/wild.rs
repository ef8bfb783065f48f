//! A value that is whatever it is asked to be.

use std::iter::{empty, repeat_n};

use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::fault::Fault;

/// Stands in for a value that has an error, so that decoding gets on to the next one. What is made from it is thrown away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wild {
    filling: usize,
    depth: usize,
}

/// Texts that between them satisfy most types that do not take every text.
const TEXTS: [&str; Wild::FILLINGS] = [
    "",
    "0",
    "a",
    "1970-01-01T00:00:00Z",
    "1970-01-01",
    "00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "127.0.0.1",
    "http://a.example/",
    "a@a.example",
];

/// Numbers for the same purpose. Types that must not be zero are the most common picky ones.
const NUMBERS: [u8; Wild::FILLINGS] = [1, 0, 2, 10, 100, 3, 5, 8, 16, 50];

/// How deep a filling goes for a type that contains itself.
const MAX_DEPTH: usize = 16;

impl Wild {
    /// How many fillings there are to try.
    pub(super) const FILLINGS: usize = 10;

    pub(super) fn new(filling: usize) -> Self {
        Self { filling: filling.min(Self::FILLINGS - 1), depth: 0 }
    }

    fn text(self) -> &'static str {
        TEXTS[self.filling]
    }

    fn bool(self) -> bool {
        self.filling % 2 == 1
    }

    fn int<T: TryFrom<u8> + Default>(self) -> T {
        T::try_from(NUMBERS[self.filling]).unwrap_or_default()
    }

    fn float(self) -> f64 {
        NUMBERS[self.filling].into()
    }

    fn char(self) -> char {
        self.text().chars().next().unwrap_or('0')
    }

    fn deeper(self) -> Result<Self, Fault> {
        if self.depth < MAX_DEPTH { Ok(Self { depth: self.depth + 1, ..self }) } else { Err(Fault::Noted) }
    }
}

macro_rules! make {
    ($($ask:ident $visit:ident $make:ident;)*) => {$(
        fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.$make())
        }
    )*};
}

impl<'de> Deserializer<'de> for Wild {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text())
    }

    alike!();

    scalars!(make);

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_bytes(self.text().as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self.deeper()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(SeqDeserializer::new(empty::<Self>()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(SeqDeserializer::new(repeat_n(self.deeper()?, len)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(MapDeserializer::new(empty::<(&str, Self)>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let wild = self.deeper()?;
        visitor.visit_map(MapDeserializer::new(fields.iter().map(|field| (*field, wild))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let wild = self.deeper()?;
        // If an enum contains itself through its first variant, its last one usually does not.
        let variant = if wild.depth > MAX_DEPTH / 2 { variants.last() } else { variants.first() };
        match variant {
            Some(name) => visitor.visit_enum(Variant { wild, name }),
            None => Err(Fault::Noted),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { string identifier ignored_any }
}

/// Lets serde make lists and structs from it.
impl IntoDeserializer<'_, Fault> for Wild {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Variant {
    wild: Wild,
    name: &'static str,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Fault;
    type Variant = Wild;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Wild), Fault> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self.wild))
    }
}

impl<'de> de::VariantAccess<'de> for Wild {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}
