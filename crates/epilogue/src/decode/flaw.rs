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
        Invalid { kind: self.kind.into(), loc, msg: self.msg.into_owned(), input, ctx: self.ctx }
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

/// A flaw whose sentence and data hold what was wrong.
fn with_ctx(kind: &'static str, msg: String, ctx: Value) -> Flaw {
    Flaw { kind, msg: msg.into(), ctx: Some(ctx) }
}

/// What the type itself refused: serde's custom errors, and whatever pydantic has no words for.
pub(crate) fn value_error(reason: &str) -> Flaw {
    // FastAPI has the exception here, which is an empty object as JSON.
    with_ctx("value_error", format!("Value error, {reason}"), json!({ "error": {} }))
}

pub(crate) const JSON_INVALID: &str = "json_invalid";

pub(crate) fn json_invalid(reason: &str) -> Flaw {
    with_ctx(JSON_INVALID, "JSON decode error".into(), json!({ "error": reason }))
}

pub(crate) fn uuid_parsing(reason: &str) -> Flaw {
    with_ctx("uuid_parsing", format!("Input should be a valid UUID, {reason}"), json!({ "error": reason }))
}

fn quoted(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("'{word}'")).collect()
}

/// A tag that is not one of the enum's.
pub(crate) fn union_tag_invalid(tag: &str, found: &str, variants: &[&str]) -> Flaw {
    let expected = quoted(variants).join(", ");
    with_ctx(
        "union_tag_invalid",
        format!(
            "Input tag '{found}' found using '{tag}' does not match any of the expected tags: {expected}"
        ),
        json!({ "discriminator": format!("'{tag}'"), "tag": found, "expected_tags": expected }),
    )
}

/// An object without the tag that says which variant of an enum it is.
pub(crate) fn union_tag_not_found(tag: &str) -> Flaw {
    with_ctx(
        "union_tag_not_found",
        format!("Unable to extract tag using discriminator '{tag}'"),
        json!({ "discriminator": format!("'{tag}'") }),
    )
}

/// A word that is not one of the enum's.
pub(crate) fn not_a_variant(variants: &[&str]) -> Flaw {
    let expected = match &quoted(variants)[..] {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        all => all.concat(),
    };
    with_ctx("enum", format!("Input should be {expected}"), json!({ "expected": expected }))
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
    with_ctx(kind, format!("Input should be {relation} {shown}"), json!({ name: limit }))
}

/// `1 character`, `2 characters`.
fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

pub(crate) fn string_too_short(min: usize) -> Flaw {
    with_ctx(
        "string_too_short",
        format!("String should have at least {}", counted(min, "character")),
        json!({ "min_length": min }),
    )
}

pub(crate) fn string_too_long(max: usize) -> Flaw {
    with_ctx(
        "string_too_long",
        format!("String should have at most {}", counted(max, "character")),
        json!({ "max_length": max }),
    )
}

pub(crate) fn pattern_mismatch(pattern: &str) -> Flaw {
    with_ctx(
        "string_pattern_mismatch",
        format!("String should match pattern '{pattern}'"),
        json!({ "pattern": pattern }),
    )
}

/// Too few items.
pub(crate) fn too_short(min: usize, actual: usize) -> Flaw {
    with_ctx(
        "too_short",
        format!("List should have at least {} after validation, not {actual}", counted(min, "item")),
        json!({ "field_type": "List", "min_length": min, "actual_length": actual }),
    )
}

/// Too many items; `of` is pydantic's word for the collection: `List`, `Tuple`.
pub(crate) fn too_long(of: &'static str, max: usize, actual: usize) -> Flaw {
    with_ctx(
        "too_long",
        format!("{of} should have at most {} after validation, not {actual}", counted(max, "item")),
        json!({ "field_type": of, "max_length": max, "actual_length": actual }),
    )
}
