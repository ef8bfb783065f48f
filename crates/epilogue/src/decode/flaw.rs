//! What can be wrong with a value, in pydantic's words.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::rejection::{Invalid, Loc};

/// What is wrong with one value: an [`Invalid`] without its place and its input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flaw {
    pub(crate) kind: &'static str,
    pub(crate) msg: Cow<'static, str>,
    pub(crate) ctx: Option<Value>,
}

impl Flaw {
    /// The error of a value: where it stands, and what errors repeat of it.
    pub(crate) fn at(self, loc: Vec<Loc>, input: Value) -> Invalid {
        Invalid { kind: self.kind, loc, msg: self.msg.into_owned(), input, ctx: self.ctx }
    }
}

const fn plain(kind: &'static str, msg: &'static str) -> Flaw {
    Flaw { kind, msg: Cow::Borrowed(msg), ctx: None }
}

pub(crate) const MISSING: Flaw = plain("missing", "Field required");
pub(crate) const EXTRA: Flaw = plain("extra_forbidden", "Extra inputs are not permitted");
pub(crate) const STRING_TYPE: Flaw = plain("string_type", "Input should be a valid string");
pub(crate) const STRING_UNICODE: Flaw =
    plain("string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string");
pub(crate) const BYTES_TYPE: Flaw = plain("bytes_type", "Input should be a valid bytes");
pub(crate) const BOOL_TYPE: Flaw = plain("bool_type", "Input should be a valid boolean");
pub(crate) const BOOL_PARSING: Flaw =
    plain("bool_parsing", "Input should be a valid boolean, unable to interpret input");
pub(crate) const INT_TYPE: Flaw = plain("int_type", "Input should be a valid integer");
pub(crate) const INT_PARSING: Flaw =
    plain("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
pub(crate) const INT_FROM_FLOAT: Flaw =
    plain("int_from_float", "Input should be a valid integer, got a number with a fractional part");
pub(crate) const FLOAT_TYPE: Flaw = plain("float_type", "Input should be a valid number");
pub(crate) const FLOAT_PARSING: Flaw =
    plain("float_parsing", "Input should be a valid number, unable to parse string as a number");
pub(crate) const NONE_REQUIRED: Flaw = plain("none_required", "Input should be None");
pub(crate) const LIST_TYPE: Flaw = plain("list_type", "Input should be a valid list");
pub(crate) const TUPLE_TYPE: Flaw = plain("tuple_type", "Input should be a valid tuple");
pub(crate) const DICT_TYPE: Flaw = plain("dict_type", "Input should be a valid dictionary");
pub(crate) const MODEL_TYPE: Flaw =
    plain("model_attributes_type", "Input should be a valid dictionary or object to extract fields from");

/// What the type itself refused: serde's custom errors, and whatever pydantic has no words for.
pub(crate) fn value_error(reason: &str) -> Flaw {
    Flaw {
        kind: "value_error",
        msg: format!("Value error, {reason}").into(),
        // FastAPI has the exception here, which is an empty object as JSON.
        ctx: Some(json!({ "error": {} })),
    }
}

pub(crate) const JSON_INVALID: &str = "json_invalid";

pub(crate) fn json_invalid(reason: &str) -> Flaw {
    Flaw { kind: JSON_INVALID, msg: "JSON decode error".into(), ctx: Some(json!({ "error": reason })) }
}

pub(crate) fn uuid_parsing(reason: &str) -> Flaw {
    Flaw {
        kind: "uuid_parsing",
        msg: format!("Input should be a valid UUID, {reason}").into(),
        ctx: Some(json!({ "error": reason })),
    }
}

fn quoted(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("'{word}'")).collect()
}

/// A tag that is not one of the enum's.
pub(crate) fn union_tag_invalid(tag: &str, found: &str, variants: &[&str]) -> Flaw {
    let expected = quoted(variants).join(", ");
    Flaw {
        kind: "union_tag_invalid",
        msg: format!(
            "Input tag '{found}' found using '{tag}' does not match any of the expected tags: {expected}"
        )
        .into(),
        ctx: Some(json!({ "discriminator": format!("'{tag}'"), "tag": found, "expected_tags": expected })),
    }
}

/// An object without the tag that says which variant of an enum it is.
pub(crate) fn union_tag_not_found(tag: &str) -> Flaw {
    Flaw {
        kind: "union_tag_not_found",
        msg: format!("Unable to extract tag using discriminator '{tag}'").into(),
        ctx: Some(json!({ "discriminator": format!("'{tag}'") })),
    }
}

/// A word that is not one of the enum's.
pub(crate) fn not_a_variant(variants: &[&str]) -> Flaw {
    let expected = match &quoted(variants)[..] {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        all => all.concat(),
    };
    Flaw {
        kind: "enum",
        msg: format!("Input should be {expected}").into(),
        ctx: Some(json!({ "expected": expected })),
    }
}

/// A number on the wrong side of a limit: `name` is the limit's name (`ge`), `shown` the limit as the message shows it, and
/// `limit` the limit as data.
pub(crate) fn out_of_bounds(name: &'static str, shown: &str, limit: &Value) -> Flaw {
    let (kind, relation) = match name {
        "ge" => ("greater_than_equal", "greater than or equal to"),
        "gt" => ("greater_than", "greater than"),
        "le" => ("less_than_equal", "less than or equal to"),
        _ => ("less_than", "less than"),
    };
    Flaw {
        kind,
        msg: format!("Input should be {relation} {shown}").into(),
        ctx: Some(json!({ name: limit })),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

pub(crate) fn string_too_short(min: usize) -> Flaw {
    Flaw {
        kind: "string_too_short",
        msg: format!("String should have at least {min} character{}", plural(min)).into(),
        ctx: Some(json!({ "min_length": min })),
    }
}

pub(crate) fn string_too_long(max: usize) -> Flaw {
    Flaw {
        kind: "string_too_long",
        msg: format!("String should have at most {max} character{}", plural(max)).into(),
        ctx: Some(json!({ "max_length": max })),
    }
}

pub(crate) fn pattern_mismatch(pattern: &str) -> Flaw {
    Flaw {
        kind: "string_pattern_mismatch",
        msg: format!("String should match pattern '{pattern}'").into(),
        ctx: Some(json!({ "pattern": pattern })),
    }
}

/// Too few items; `of` is pydantic's word for the collection: `List`, `Tuple`.
pub(crate) fn too_short(of: &'static str, min: usize, actual: usize) -> Flaw {
    Flaw {
        kind: "too_short",
        msg: format!("{of} should have at least {min} item{} after validation, not {actual}", plural(min))
            .into(),
        ctx: Some(json!({ "field_type": of, "min_length": min, "actual_length": actual })),
    }
}

/// Too many items.
pub(crate) fn too_long(of: &'static str, max: usize, actual: usize) -> Flaw {
    Flaw {
        kind: "too_long",
        msg: format!("{of} should have at most {max} item{} after validation, not {actual}", plural(max))
            .into(),
        ctx: Some(json!({ "field_type": of, "max_length": max, "actual_length": actual })),
    }
}
