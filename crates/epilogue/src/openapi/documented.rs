//! What the documentation of the API says about parameters and replies, as constant data.
//!
//! Whether a type has a schema, and what it holds, decides look-up on the macro's concrete types, as in `param/usable.rs`: inherent
//! constants take precedence over those of a trait, which all types have. They have names that no user's trait has.

use std::marker::PhantomData;

use bytes::Bytes;
use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::decode::{self, Shape, UrlEncoded, shape};
#[cfg(feature = "cookie")]
use crate::param::Cookie;
use crate::param::{Form, Header, Json, ParamOptions, Path, Query};
use crate::rejection::Loc;
use crate::sse::Sse;

/// Makes the schema of a type.
pub(crate) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// The names that a request without any values lacks, for a parameter of this name and with these limits.
pub(crate) type Lacking = fn(&str, &ParamOptions) -> Vec<String>;

fn lacks_nothing(_: &str, _: &ParamOptions) -> Vec<String> {
    Vec::new()
}

/// What is said of a parameter.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ParamDocs {
    pub schema: Option<MakeSchema>,
    pub shape: fn() -> Shape,
    pub lacking: Lacking,
    pub default: Option<fn() -> Option<Value>>,
}

impl ParamDocs {
    /// A function, since each constant makes a deep graph deeper.
    pub const fn none() -> Self {
        Self { schema: None, shape: || Shape::Value, lacking: lacks_nothing, default: None }
    }
}

/// What is said of a route.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RouteDocs {
    /// The documentation of its function, as it is written.
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

/// What is said of a parameter of this type, and with this default.
#[doc(hidden)]
#[macro_export]
macro_rules! __param_docs {
    ($type:ty) => {
        $crate::__param_docs!(@ $type, $crate::__private::None)
    };
    ($type:ty, $default:expr) => {
        $crate::__param_docs!(@ $type, $crate::__private::Some(|| {
            $crate::__private::Documented::<$type>::documented_default($default)
        }))
    };
    (@ $type:ty, $default:expr) => {{
        #[allow(unused_imports, reason = "needed where a type has no schema")]
        use $crate::__private::{UndocumentedDefault as _, Undocumented as _};
        $crate::__private::ParamDocs {
            schema: $crate::__private::Documented::<$type>::DOCUMENTED_SCHEMA,
            shape: $crate::__private::Documented::<$type>::DOCUMENTED_SHAPE,
            lacking: $crate::__private::Documented::<$type>::DOCUMENTED_LACKING,
            default: $default,
        }
    }};
}

/// What is said of a route whose function returns this type, with this data in its `Json`.
#[doc(hidden)]
#[macro_export]
macro_rules! __route_docs {
    ($description:expr, $is_deprecated:literal) => {
        $crate::__private::RouteDocs {
            description: $description,
            is_deprecated: $is_deprecated,
            reply: $crate::__private::ReplyDocs::UNKNOWN,
        }
    };
    ($description:expr, $is_deprecated:literal, $reply:ty, $data:ty) => {{
        #[allow(unused_imports, reason = "needed where a type has no schema")]
        use $crate::__private::{EndsInNoJson as _, UndocumentedReply as _};
        $crate::__private::RouteDocs {
            description: $description,
            is_deprecated: $is_deprecated,
            reply: $crate::__private::ReplyDocs {
                content_type: if $crate::__private::EndsInJson::<$reply>::ENDS {
                    $crate::__private::Some("application/json")
                } else {
                    $crate::__private::DocumentedReply::<$reply, $data>::DOCUMENTED_CONTENT_TYPE
                },
                schema: $crate::__private::DocumentedReply::<$reply, $data>::DOCUMENTED_SCHEMA,
            },
        }
    }};
}

/// A parameter's type, to be documented.
#[doc(hidden)]
#[derive(Debug)]
pub struct Documented<P>(PhantomData<P>);

/// A type of which nothing is known.
#[doc(hidden)]
pub trait Undocumented {
    const DOCUMENTED_SCHEMA: Option<MakeSchema> = None;
    const DOCUMENTED_SHAPE: fn() -> Shape = || Shape::Value;
    const DOCUMENTED_LACKING: Lacking = lacks_nothing;
}

impl<P> Undocumented for Documented<P> {}

/// A default that cannot be shown.
#[doc(hidden)]
pub trait UndocumentedDefault {
    fn documented_default<V>(_: fn() -> V) -> Option<Value> {
        None
    }
}

impl<P> UndocumentedDefault for Documented<P> {}

macro_rules! documented {
    ($($name:ident),*) => { $(
        impl<T: JsonSchema> Documented<$name<T>> {
            pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(SchemaGenerator::subschema_for::<T>);
        }

        impl<T: Serialize> Documented<$name<T>> {
            pub fn documented_default(make: fn() -> T) -> Option<Value> {
                serde_json::to_value(make()).ok().filter(|value| !value.is_null())
            }
        }
    )* };
}

documented!(Path, Query, Header, Form, Json);
#[cfg(feature = "cookie")]
documented!(Cookie);

/// Values of a place that a type may take as a whole.
macro_rules! of_place {
    ($($name:ident),*) => { $(
        impl<T: DeserializeOwned> Documented<$name<T>> {
            pub const DOCUMENTED_SHAPE: fn() -> Shape = shape::<T>;
            pub const DOCUMENTED_LACKING: Lacking = lacking::<T>;
        }
    )* };
}

of_place!(Path, Query, Header, Form);
#[cfg(feature = "cookie")]
of_place!(Cookie);

/// Only the type's `Deserialize` knows what it can do without.
fn lacking<T: DeserializeOwned>(name: &str, options: &ParamOptions) -> Vec<String> {
    let empty = UrlEncoded::new("");
    let errors = decode::decode::<T>(&empty, name, Some(options)).err().unwrap_or_default();
    let named = errors.into_iter().filter_map(|error| error.loc.into_iter().nth(1));
    named.filter_map(|name| if let Loc::Name(name) = name { Some(name.into_owned()) } else { None }).collect()
}

impl<T: DeserializeOwned> Documented<Json<T>> {
    pub const DOCUMENTED_LACKING: Lacking = |name, options| {
        let is_lacking = decode::from_json::<T>(&[], None, Some(options)).is_err();
        if is_lacking { vec![name.to_owned()] } else { Vec::new() }
    };
}

impl Documented<String> {
    pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(SchemaGenerator::subschema_for::<String>);
}

#[cfg(feature = "multipart")]
mod files {
    use schemars::json_schema;

    use super::{Documented, Lacking, MakeSchema, Schema};
    use crate::param::File;
    use crate::upload::UploadFile;
    use bytes::Bytes;

    /// The schema of a file's content.
    fn file() -> Schema {
        json_schema!({ "type": "string", "contentMediaType": "application/octet-stream" })
    }

    const ONE: Option<MakeSchema> = Some(|_| file());
    const SEVERAL: Option<MakeSchema> = Some(|_| json_schema!({ "type": "array", "items": file() }));

    macro_rules! one_file {
        ($($type:ty),*) => { $(
            impl Documented<File<$type>> {
                pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = ONE;
                pub const DOCUMENTED_LACKING: Lacking = |name, _| vec![name.to_owned()];
            }

            impl Documented<File<Option<$type>>> {
                pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = ONE;
            }
        )* };
    }

    one_file!(UploadFile, Bytes);

    impl<T> Documented<File<Vec<T>>> {
        pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = SEVERAL;
        pub const DOCUMENTED_LACKING: Lacking = |name, options| match options.min_length {
            None | Some(0) => Vec::new(),
            Some(_) => vec![name.to_owned()],
        };
    }

    impl<T> Documented<File<Option<Vec<T>>>> {
        pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = SEVERAL;
    }
}

/// The type of a reply, and of the data in its `Json` if it ends in one.
#[doc(hidden)]
#[derive(Debug)]
pub struct DocumentedReply<T, Data>(PhantomData<(T, Data)>);

/// A reply of which nothing is known.
#[doc(hidden)]
pub trait UndocumentedReply {
    const DOCUMENTED_CONTENT_TYPE: Option<&'static str> = None;
    const DOCUMENTED_SCHEMA: Option<MakeSchema> = None;
}

impl<T, Data> UndocumentedReply for DocumentedReply<T, Data> {}

impl<T, Data: JsonSchema> DocumentedReply<T, Data> {
    pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(SchemaGenerator::subschema_for::<Data>);
}

macro_rules! content_type {
    ($content_type:literal: $($reply:ty),*) => { $(
        impl<Data> DocumentedReply<$reply, Data> {
            pub const DOCUMENTED_CONTENT_TYPE: Option<&'static str> = Some($content_type);
        }
    )* };
}

// Headers before a text may say that it is something else.
content_type!("text/plain": String, (StatusCode, String), &'static str, (StatusCode, &'static str));
content_type!("application/octet-stream": Bytes, (StatusCode, Bytes), Vec<u8>, (StatusCode, Vec<u8>));

impl<S, Data> DocumentedReply<Sse<S>, Data> {
    pub const DOCUMENTED_CONTENT_TYPE: Option<&'static str> = Some("text/event-stream");
}
