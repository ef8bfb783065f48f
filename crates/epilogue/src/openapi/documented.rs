//! What the documentation of the API says of parameters and replies, as constant data.
//!
//! Whether a type has a schema, and what it holds, decides look-up on the macro's concrete types, as in `param/probe.rs`: inherent
//! constants take precedence over those of a trait, which all types have.

use std::marker::PhantomData;

use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::decode::{self, UrlEncoded};
#[cfg(feature = "multipart")]
use crate::param::File;
use crate::param::{Cookie, Form, Header, Json, Path, Query, WithValue};
use crate::rejection::Place;
use crate::security::OAuth2PasswordForm;
use crate::sse::Sse;

/// Makes the schema of a type.
pub(super) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// What is said of a parameter.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ParamDocs {
    pub schema: Option<MakeSchema>,
    /// Whether a request is refused that has nothing under this name.
    pub is_required: fn(&str) -> bool,
    pub default: Option<fn() -> Option<Value>>,
}

impl ParamDocs {
    pub const fn none() -> Self {
        Self { schema: None, is_required: |_| false, default: None }
    }
}

/// What is said of a route.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RouteDocs {
    /// The documentation of its function.
    pub description: &'static str,
    pub is_deprecated: bool,
    pub reply: ReplyDocs,
}

impl RouteDocs {
    pub const NONE: Self = Self { description: "", is_deprecated: false, reply: ReplyDocs::UNKNOWN };
}

/// What is said of the reply that a function returns.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ReplyDocs {
    pub content_type: Option<&'static str>,
    pub schema: Option<MakeSchema>,
}

impl ReplyDocs {
    pub const UNKNOWN: Self = Self { content_type: None, schema: None };
}

/// A parameter's type, to be documented.
#[doc(hidden)]
#[derive(Debug)]
pub struct Documented<P>(PhantomData<P>);

/// A type of which nothing is known.
#[doc(hidden)]
pub trait Undocumented {
    const DOCUMENTED_SCHEMA: Option<MakeSchema> = None;
    const DOCUMENTED_AS_REQUIRED: fn(&str) -> bool = |_| false;
}

impl<P> Undocumented for Documented<P> {}

/// A default that cannot be shown.
#[doc(hidden)]
pub trait Undefaulted {
    fn documented_default<V>(_: fn() -> V) -> Option<Value> {
        None
    }

    fn documented_value<V>(make: fn() -> V) -> fn() -> V {
        make
    }
}

impl<P> Undefaulted for Documented<P> {}

impl<P: WithValue> Documented<P> {
    /// Says what type the default has.
    pub fn documented_value(make: fn() -> P::Value) -> fn() -> P::Value {
        make
    }
}

macro_rules! documented {
    ($($name:ident),*) => { $(
        impl<T: JsonSchema> Documented<$name<T>> {
            pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(SchemaGenerator::subschema_for::<T>);
        }

        impl<T: DeserializeOwned> Documented<$name<T>> {
            pub const DOCUMENTED_AS_REQUIRED: fn(&str) -> bool = is_required::<T>;
        }

        impl<T: Serialize> Documented<$name<T>> {
            pub fn documented_default(make: fn() -> T) -> Option<Value> {
                serde_json::to_value(make()).ok().filter(|value| !value.is_null())
            }
        }
    )* };
}

documented!(Path, Query, Header, Cookie, Form, Json);

/// Reads a request that has no values, since only the type's `Deserialize` knows what it can do without.
fn is_required<T: DeserializeOwned>(name: &str) -> bool {
    decode::decode::<T>(&UrlEncoded::new(""), Place::Query, name, None).is_err()
}

#[cfg(feature = "multipart")]
impl<T> Documented<File<Vec<T>>> {
    pub const DOCUMENTED_SCHEMA: Option<MakeSchema> =
        Some(|_| json_schema!({ "type": "array", "items": file() }));
}

/// The schema of a file's content.
pub(super) fn file() -> Schema {
    json_schema!({ "type": "string", "contentMediaType": "application/octet-stream" })
}

impl Documented<OAuth2PasswordForm> {
    pub const DOCUMENTED_AS_REQUIRED: fn(&str) -> bool = |_| true;
    pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(|_| {
        let text = json_schema!({ "type": "string" });
        json_schema!({
            "type": "object",
            "properties": {
                "grant_type": { "type": "string", "pattern": "^password$" },
                "username": text,
                "password": { "type": "string", "format": "password" },
                "scope": { "type": "string", "default": "" },
                "client_id": text,
                "client_secret": { "type": "string", "format": "password" },
            },
            "required": ["username", "password"],
        })
    });
}

/// The type of a reply, and of the data in its `Json` if it ends in one.
#[doc(hidden)]
#[derive(Debug)]
pub struct Replying<T, Data>(PhantomData<(T, Data)>);

/// A reply of which nothing is known.
#[doc(hidden)]
pub trait Unreplying {
    const DOCUMENTED_CONTENT_TYPE: Option<&'static str> = None;
    const DOCUMENTED_SCHEMA: Option<MakeSchema> = None;
}

impl<T, Data> Unreplying for Replying<T, Data> {}

impl<T, Data: JsonSchema> Replying<T, Data> {
    pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(SchemaGenerator::subschema_for::<Data>);
}

/// A reply, and each tuple that ends in it.
macro_rules! content_type {
    ($content_type:literal: $([$($param:ident)?] $last:ty),*) => { $(
        content_type!(@ $content_type, [$($param)?] $last, (), (A,), (A, B,), (A, B, C,), (A, B, C, D,), (A, B, C, D, E,));

        impl<$($param,)? Data> Replying<$last, Data> {
            pub const DOCUMENTED_CONTENT_TYPE: Option<&'static str> = Some($content_type);
        }
    )* };
    (@ $content_type:literal, $params:tt $last:ty, $(($($before:ident,)*)),*) => {
        $( content_type!(@@ $content_type, $params $last, ($($before,)*)); )*
    };
    (@@ $content_type:literal, [$($param:ident)?] $last:ty, ($($before:ident,)*)) => {
        impl<$($before,)* $($param,)? Data> Replying<($($before,)* $last,), Data> {
            pub const DOCUMENTED_CONTENT_TYPE: Option<&'static str> = Some($content_type);
        }
    };
}

content_type!("application/json": [T] Json<T>);
content_type!("text/plain": [] String, [] &'static str);
content_type!("application/octet-stream": [] Bytes, [] Vec<u8>);
content_type!("text/event-stream": [S] Sse<S>);
