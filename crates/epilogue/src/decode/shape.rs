//! What a type reads of a place, asked of its `Deserialize` before there is a request.

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::Fault;
use super::wild::Wild;

/// What a type reads of a place: of a query, or of a form.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// What stands under the name of the parameter.
    Value,
    /// The same, as often as it is there; of a path, all segments in order.
    List,
    /// The same, this often.
    Tuple(usize),
    /// What stands under these names. Those that serde gives one field are not marked as such.
    Struct(&'static [&'static str]),
    /// All of it: a map, or a struct that something is flattened into.
    Map,
    /// Anything: an enum with a tag inside or without one.
    Any,
}

pub(crate) fn shape<T: DeserializeOwned>() -> Shape {
    let mut shape = Shape::Value;
    // It always fails: there is nothing to read.
    drop(T::deserialize(Asked(&mut shape)));
    shape
}

/// Each of these asks for what stands under one name.
macro_rules! values {
    ($($ask:ident($($argument:ty),*))*) => { $(
        fn $ask<V: Visitor<'de>>(self, $(_: $argument,)* _visitor: V) -> Result<V::Value, Fault> {
            self.answered(Shape::Value)
        }
    )* };
}

struct Asked<'s>(&'s mut Shape);

impl Asked<'_> {
    fn answered<T>(self, shape: Shape) -> Result<T, Fault> {
        *self.0 = shape;
        Err(Fault::Noted)
    }
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Fault;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Fault> {
        self.answered(Shape::Struct(fields))
    }

    fn deserialize_map<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Fault> {
        self.answered(Shape::Map)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Fault> {
        self.answered(Shape::List)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, _visitor: V) -> Result<V::Value, Fault> {
        self.answered(Shape::Tuple(len))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        _visitor: V,
    ) -> Result<V::Value, Fault> {
        self.answered(Shape::Tuple(len))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Fault> {
        self.answered(Shape::Any)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    through_newtypes!();

    values! {
        deserialize_bool() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes() deserialize_byte_buf()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_unit() deserialize_unit_struct(&'static str)
        deserialize_enum(&'static str, &'static [&'static str]) deserialize_identifier() deserialize_ignored_any()
    }
}

/// Whether a struct reads the same field under both names.
pub(crate) fn is_one_field<T: DeserializeOwned>(names: [&'static str; 2]) -> bool {
    (0..Wild::FILLINGS).any(|filling| {
        let both = Both { names, value: Wild::new(filling) };
        matches!(T::deserialize(both), Err(Fault::Duplicate(_)))
    })
}

/// A struct that has a value under each of two names. Serde refuses the second one if the field has been read.
struct Both {
    names: [&'static str; 2],
    value: Wild,
}

impl<'de> Deserializer<'de> for Both {
    type Error = Fault;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(MapDeserializer::new(self.names.into_iter().map(|name| (name, self.value))))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    through_newtypes!();

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::Noted)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}
