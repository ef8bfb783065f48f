//! What a type reads of a place, asked of its `Deserialize`.

use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};

/// What a type reads of a place: of a query, or of a form.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// What stands under the name of the parameter.
    Value,
    /// What stands under these names.
    Struct(&'static [&'static str]),
    /// All of it: a map, an enum with a tag inside or without one, or a struct that something is flattened into.
    Place,
}

pub(super) fn shape<T: DeserializeOwned>() -> Shape {
    let mut shape = Shape::Value;
    // It always fails: there is nothing to read.
    drop(T::deserialize(Asked(&mut shape)));
    shape
}

/// Each of these asks for what stands under one name.
macro_rules! values {
    ($($ask:ident($($argument:ty),*))*) => { $(
        fn $ask<V: Visitor<'de>>(self, $(_: $argument,)* _visitor: V) -> Result<V::Value, Self::Error> {
            self.answered(Shape::Value)
        }
    )* };
}

struct Asked<'s>(&'s mut Shape);

impl Asked<'_> {
    fn answered<T>(self, shape: Shape) -> Result<T, serde::de::value::Error> {
        *self.0 = shape;
        Err(Error::custom("only the shape was wanted"))
    }
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.answered(Shape::Struct(fields))
    }

    fn deserialize_map<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        self.answered(Shape::Place)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        self.answered(Shape::Place)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    values! {
        deserialize_bool() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes() deserialize_byte_buf()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_unit() deserialize_unit_struct(&'static str)
        deserialize_seq() deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize)
        deserialize_enum(&'static str, &'static [&'static str]) deserialize_identifier() deserialize_ignored_any()
    }
}
