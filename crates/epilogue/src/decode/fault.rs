//! Why a type could not be decoded, as serde or the type itself says it.

use std::fmt;

use serde::de;
use serde_json::Value;

use super::flaw::{self, Flaw};
use super::values::UNREADABLE_NAME;

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The parameter is absent and optional, whatever its type is.
    #[error("absent")]
    Nothing,
    /// The error has been noted, or need not be because this is the first pass.
    #[error("invalid")]
    Noted,
    /// A struct lacks the field.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// A struct got the field twice.
    #[error("duplicate field `{0}`")]
    Duplicate(&'static str),
    /// A struct denies this field.
    #[error("unknown field `{0}`")]
    Unknown(String),
    /// An enum has only these variants.
    #[error("unknown variant")]
    Variant(&'static [&'static str]),
    /// The tag of an object is none of these variants.
    #[error("unknown variant")]
    Tag { tag: String, found: String, expected: &'static [&'static str] },
    /// An object lacks the tag that says which variant it is.
    #[error("missing tag `{0}`")]
    Untagged(String),
    /// An item of a list was asked for as the tag of an enum.
    #[error("a list")]
    Item,
    /// So the list was sent where an object with a tag is wanted.
    #[error("a list")]
    List,
    /// A type got a value of another kind than it takes.
    #[error("{reason}")]
    Type { expected: String, reason: String },
    /// A value that is not a text was read out of one of serde's own buffers.
    #[error("not a text")]
    Opaque,
    /// A type refused a value.
    #[error("{0}")]
    Refused(String),
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(msg: T) -> Self {
        Self::Refused(msg.to_string())
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        if matches!(unexpected, de::Unexpected::Bytes(_)) {
            return Self::Opaque;
        }
        let reason = format!("invalid type: {unexpected}, expected {expected}");
        Self::Type { expected: expected.to_string(), reason }
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        if matches!(unexpected, de::Unexpected::Bytes(_)) {
            return Self::Opaque;
        }
        Self::custom(format_args!("invalid value: {unexpected}, expected {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Duplicate(field)
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(field.to_owned())
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        if variant == UNREADABLE_NAME { Self::Opaque } else { Self::Variant(expected) }
    }
}

impl Fault {
    /// The error at the value that a type got and refused.
    pub(super) fn into_flaw(self, input: &Value) -> Flaw {
        match self {
            Self::Variant(expected) if !expected.is_empty() => flaw::not_a_variant(expected),
            Self::Tag { tag, found, expected } => flaw::union_tag_invalid(&tag, &found, expected),
            Self::Untagged(tag) => flaw::union_tag_not_found(&tag),
            Self::List => flaw::MODEL_TYPE,
            Self::Opaque => flaw::STRING_UNICODE,
            // Serde takes a list as the fields of a struct, in order, if it has kept the list in a buffer.
            Self::Missing(_) if !input.is_object() => flaw::MODEL_TYPE,
            // The value came from one of serde's own buffers: for `flatten`, or for an untagged or tagged enum.
            Self::Type { expected, reason } => match expected.as_str() {
                "a string" => flaw::STRING_TYPE,
                "a boolean" => flaw::BOOL_TYPE,
                "a sequence" => flaw::LIST_TYPE,
                "a map" => flaw::DICT_TYPE,
                "f32" | "f64" => flaw::FLOAT_TYPE,
                "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128" | "isize"
                | "usize" => flaw::INT_TYPE,
                expected
                    if ["struct ", "internally tagged "].iter().any(|word| expected.starts_with(word))
                        && !input.is_object() =>
                {
                    flaw::MODEL_TYPE
                }
                _ => flaw::value_error(&reason),
            },
            Self::Refused(reason) => match reason.strip_prefix("UUID parsing failed: ") {
                // The message of the crate `uuid`, which pydantic uses too.
                Some(reason) => flaw::uuid_parsing(reason),
                None => flaw::value_error(&reason),
            },
            other => flaw::value_error(&other.to_string()),
        }
    }
}
