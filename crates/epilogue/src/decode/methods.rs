//! The methods that several of the deserialisers here have.

/// Hands the scalars to a macro that writes their methods: what a type asks, what its visitor gets, and which function makes it.
macro_rules! scalars {
    ($write:ident) => {
        $write! {
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
            deserialize_f32 visit_f64 float;
            deserialize_f64 visit_f64 float;
            deserialize_char visit_char char;
        }
    };
}

/// A newtype is read as what it wraps.
macro_rules! through_newtypes {
    () => {
        fn deserialize_newtype_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Fault> {
            visitor.visit_newtype_struct(self)
        }
    };
}

/// What the deserialisers of values, and of what stands in for them, answer in the same way.
macro_rules! alike {
    () => {
        fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.deserialize_string(visitor)
        }

        fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.deserialize_byte_buf(visitor)
        }

        fn deserialize_unit_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            visitor: V,
        ) -> Result<V::Value, Fault> {
            self.deserialize_unit(visitor)
        }

        fn deserialize_tuple_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            len: usize,
            visitor: V,
        ) -> Result<V::Value, Fault> {
            self.deserialize_tuple(len, visitor)
        }
    };
}
