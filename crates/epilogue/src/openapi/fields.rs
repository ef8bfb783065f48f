//! Values with their names: the parameters of an operation, and the fields of its body.

use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use super::taken::{Taken, TakenValue};
use crate::graph::node::Source;
use crate::rejection::Place;

pub(super) struct Field {
    pub(super) name: String,
    pub(super) schema: Value,
    pub(super) required: bool,
}

/// The parameters that are not in the body; of the path, all that its template names.
pub(super) fn parameters(taken: &Taken, segments: &[String], schemas: &mut Schemas) -> Vec<Value> {
    let mut of_path = of_path(taken, segments, schemas);
    let mut parameters = Vec::new();
    for segment in segments {
        let read = of_path.iter().position(|field| field.name == *segment);
        let schema =
            read.map_or_else(|| json!({ "type": "string" }), |read| of_path.swap_remove(read).schema);
        let field = Field { name: segment.clone(), schema, required: true };
        parameters.push(parameter(Place::Path, field));
    }
    for place in [Place::Query, Place::Header, Place::Cookie] {
        let fields = values_of(taken, place).flat_map(|value| value.fields(schemas)).collect();
        parameters.extend(merged(fields).into_iter().map(|field| parameter(place, field)));
    }
    parameters
}

fn values_of(taken: &Taken, place: Place) -> impl Iterator<Item = TakenValue> {
    taken
        .values
        .iter()
        .copied()
        .filter(move |value| matches!(value.source(), Source::Value(of) if *of == place))
}

fn of_path(taken: &Taken, segments: &[String], schemas: &mut Schemas) -> Vec<Field> {
    let mut fields = Vec::new();
    for value in values_of(taken, Place::Path) {
        match value.items(segments.len(), schemas) {
            Some(items) => {
                let item =
                    |(name, schema): (&String, Value)| Field { name: name.clone(), schema, required: true };
                fields.extend(segments.iter().zip(items).map(item));
            }
            None => fields.extend(value.fields(schemas)),
        }
    }
    merged(fields)
}

fn parameter(place: Place, mut field: Field) -> Value {
    let description = field.schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut value = json!({
        "name": field.name,
        "in": place.as_str(),
        "required": field.required,
        "schema": field.schema,
    });
    if let Some(description) = description {
        value["description"] = description;
    }
    value
}

/// Of several with one name the last counts, but one that is required before one that is not: FastAPI's rule.
fn merged(fields: Vec<Field>) -> Vec<Field> {
    let mut merged: Vec<Field> = Vec::new();
    for field in fields {
        match merged.iter_mut().find(|known| known.name == field.name) {
            Some(known) if field.required || !known.required => *known = field,
            Some(_) => {}
            None => merged.push(field),
        }
    }
    merged
}

/// The body, if anything reads it.
pub(super) fn body(taken: &Taken, schemas: &mut Schemas) -> Option<Value> {
    let read_by = |is_reader: fn(&Source) -> bool| -> Vec<TakenValue> {
        taken.values.iter().copied().filter(|value| is_reader(value.source())).collect()
    };
    let json = read_by(|source| matches!(source, Source::Json(_)));
    if !json.is_empty() {
        return Some(json_body(&json, schemas));
    }
    let form = read_by(|source| matches!(source, Source::Form | Source::File { .. }));
    if !form.is_empty() {
        return Some(form_body(&form, schemas));
    }
    let raw = read_by(|source| matches!(source, Source::RawBody)).first()?.whole(schemas);
    let content_type = if raw.schema["type"] == "string" { "text/plain" } else { "application/octet-stream" };
    Some(content(content_type, &raw.schema, false))
}

fn json_body(values: &[TakenValue], schemas: &mut Schemas) -> Value {
    const TYPE: &str = "application/json";
    let is_embedded = values.iter().any(|value| value.is_embedded());
    let fields = merged(values.iter().map(|value| value.whole(schemas)).collect());
    if let [whole] = &fields[..]
        && !is_embedded
    {
        return content(TYPE, &whole.schema, whole.required);
    }
    let (schema, is_required) = object(fields);
    content(TYPE, &schema, is_required)
}

fn form_body(values: &[TakenValue], schemas: &mut Schemas) -> Value {
    let has_files = values.iter().any(|value| matches!(value.source(), Source::File { .. }));
    let content_type = if has_files { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
    let (open, listed): (Vec<TakenValue>, Vec<_>) = values.iter().partition(|value| value.is_open(schemas));
    let (mut schema, mut is_required) =
        object(merged(listed.iter().flat_map(|value| value.fields(schemas)).collect()));
    if listed.iter().any(|value| value.denies_unknown(schemas)) {
        schema["additionalProperties"] = json!(false);
    }
    // What reads the form as a whole stands under no name.
    let mut parts: Vec<Value> = if listed.is_empty() { Vec::new() } else { vec![schema] };
    for whole in open.iter().map(|value| value.whole(schemas)) {
        is_required |= whole.required;
        parts.push(whole.schema);
    }
    match &parts[..] {
        [schema] => content(content_type, schema, is_required),
        _ => content(content_type, &json!({ "allOf": parts }), is_required),
    }
}

fn content(content_type: &str, schema: &Value, required: bool) -> Value {
    json!({ "content": { content_type: { "schema": schema } }, "required": required })
}

/// The schema of an object with these fields, and whether any of them is required.
fn object(fields: Vec<Field>) -> (Value, bool) {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        if field.required {
            required.push(field.name.clone());
        }
        properties.insert(field.name, field.schema);
    }
    let is_required = !required.is_empty();
    let mut schema = json!({ "type": "object", "properties": properties });
    if is_required {
        schema["required"] = json!(required);
    }
    (schema, is_required)
}
