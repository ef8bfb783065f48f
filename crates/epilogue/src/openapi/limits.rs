//! What a parameter's own options add to the schema of its type.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::schemas::Schemas;
use crate::decode::bound_as_json;
use crate::param::ParamOptions;

/// Adds the limits of `#[param(…)]` to a schema.
pub(super) fn limit(schema: &mut Value, options: &ParamOptions, schemas: &Schemas) {
    if options.limit_nothing() {
        return;
    }
    if let Some(choices) = choices(schema) {
        choices.for_each(|schema| limit(schema, options, schemas));
        return;
    }
    if !options.fields.is_empty() {
        // The type is limited only here, so here it is described field by field.
        let mut whole = schemas.resolved(schema);
        for (name, limits) in options.fields {
            if let Some(field) = whole.get_mut("properties").and_then(|fields| fields.get_mut(name)) {
                limit(field, limits, schemas);
            }
        }
        *schema = whole;
    }
    let resolved = schemas.resolved(schema);
    let is_list = is_list(&resolved);
    if is_list && schema.get("items").is_none() {
        // The limits of its items have no place beside a reference.
        *schema = resolved;
    }
    let lengths = if is_list { ["minItems", "maxItems"] } else { ["minLength", "maxLength"] };
    for (name, length) in lengths.into_iter().zip([options.min_length, options.max_length]) {
        if let Some(length) = length {
            schema[name] = json!(length);
        }
    }
    // Those of a list hold for its items.
    let item = if is_list && schema["items"].is_object() { &mut schema["items"] } else { schema };
    let bounds = [
        ("minimum", options.ge, Ordering::Less),
        ("exclusiveMinimum", options.gt, Ordering::Less),
        ("maximum", options.le, Ordering::Greater),
        ("exclusiveMaximum", options.lt, Ordering::Greater),
    ];
    for (name, bound, looser) in bounds {
        let Some(bound) = bound.map(bound_as_json) else { continue };
        // The type has limits of its own: a `u8` ends at 255, whatever the parameter says.
        let known = item.get(name).and_then(Value::as_f64);
        let is_looser = known
            .is_some_and(|known| bound.as_f64().and_then(|bound| bound.partial_cmp(&known)) == Some(looser));
        if !is_looser {
            item[name] = bound;
        }
    }
    if let Some(pattern) = options.pattern {
        item["pattern"] = json!(pattern);
    }
}

/// The same for the type of a JSON body. If it is a component it stays one, so that clients know it by its name: what is limited of its fields
/// stands beside the reference, and holds as well.
pub(super) fn limit_body(schema: &mut Value, options: &ParamOptions, schemas: &Schemas) {
    if let Some(choices) = choices(schema) {
        choices.for_each(|schema| limit_body(schema, options, schemas));
        return;
    }
    if schema.get("$ref").is_none() || options.fields.is_empty() {
        limit(schema, options, schemas);
        return;
    }
    let component = schemas.resolved(schema);
    let mut limited = component.clone();
    limit(&mut limited, options, schemas);
    add_difference(schema, &component, &limited);
}

/// What a value may be, apart from `null`, if it may be one of several things.
fn choices(schema: &mut Value) -> Option<impl Iterator<Item = &mut Value>> {
    let all = schema.get_mut("anyOf")?.as_array_mut()?;
    Some(all.iter_mut().filter(|schema| schema["type"] != "null"))
}

/// Adds what the second schema says and the first does not.
fn add_difference(schema: &mut Value, before: &Value, after: &Value) {
    for (name, after) in
        after.as_object().into_iter().flatten().filter(|(name, after)| before[name] != **after)
    {
        if after.is_object() && before[name].is_object() {
            add_difference(&mut schema[name], &before[name], after);
        } else {
            schema[name] = after.clone();
        }
    }
}

fn is_list(schema: &Value) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|name| name == "array"),
        name => name == "array",
    }
}
