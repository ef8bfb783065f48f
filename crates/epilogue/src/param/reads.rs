//! What the start asks of a parameter's type: the names that only its `Deserialize` knows.

use serde::de::DeserializeOwned;

#[cfg(feature = "cookie")]
use super::Cookie;
use super::{Form, Header, Json, Path, Query, Usable};
use crate::decode::{self, Shape};

/// The questions that the type of a parameter answers. The macros name them only where they are asked, since each of them is compiled for
/// the type.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    pub shape: fn() -> Shape,
    /// Whether it reads one field under both names.
    pub is_one_field: fn([&'static str; 2]) -> bool,
    /// What the parameter of this name misses in a path with these segments, whatever they hold.
    pub missing: fn(&str, &[String]) -> Option<String>,
}

macro_rules! reads {
    ($($name:ident: $missing:expr),*) => { $(
        impl<T: DeserializeOwned, F> Usable<$name<T>, F> {
            pub const READS: Option<Reads> =
                Some(Reads { shape: decode::shape::<T>, is_one_field: |_| false, missing: $missing });

            /// The same where fields are limited.
            pub const READS_FIELDS: Option<Reads> =
                Some(Reads { shape: decode::shape::<T>, is_one_field: decode::is_one_field::<T>, missing: $missing });
        }
    )* };
}

reads!(Path: decode::missing::<T>);
reads!(Query: nothing, Header: nothing, Form: nothing, Json: nothing);
#[cfg(feature = "cookie")]
reads!(Cookie: nothing);

fn nothing(_: &str, _: &[String]) -> Option<String> {
    None
}
