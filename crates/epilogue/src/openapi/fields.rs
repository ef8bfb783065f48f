//! Values with their names: the parameters of an operation, and the fields of its body.

use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use super::taken::Taken;
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
        for mut field in merged(fields) {
            if place == Place::Header {
                field.name = field.name.replace('_', "-");
            }
            parameters.push(parameter(place, field));
        }
    }
    parameters
}

fn values_of(taken: &Taken, place: Place) -> impl Iterator<Item = super::taken::TakenValue> {
    taken
        .values
        .iter()
        .copied()
        .filter(move |value| matches!(value.source(), Source::Value(of) if *of == place))
}

fn of_path(taken: &Taken, segments: &[String], schemas: &mut Schemas) -> Vec<Field> {
    let mut fields = Vec::new();
    for value in values_of(taken, Place::Path) {
        match value.items(schemas) {
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
    let is_json = |source: &Source| matches!(source, Source::Json(_));
    let is_form = |source: &Source| matches!(source, Source::Form | Source::File { .. });
    let json: Vec<_> = taken.values.iter().filter(|value| is_json(value.source())).collect();
    if !json.is_empty() {
        let is_embedded = json.iter().any(|value| value.is_embedded());
        let mut fields = merged(json.into_iter().map(|value| value.whole(schemas)).collect());
        let content_type = "application/json";
        return Some(match fields.pop() {
            Some(whole) if fields.is_empty() && !is_embedded => {
                content(content_type, &whole.schema, whole.required)
            }
            last => object(content_type, fields.into_iter().chain(last)),
        });
    }
    let form: Vec<_> = taken.values.iter().filter(|value| is_form(value.source())).collect();
    if !form.is_empty() {
        let has_files = form.iter().any(|value| matches!(value.source(), Source::File { .. }));
        let content_type =
            if has_files { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        let fields = form.into_iter().flat_map(|value| value.fields(schemas)).collect();
        return Some(object(content_type, merged(fields)));
    }
    let raw = taken.values.iter().find(|value| matches!(value.source(), Source::RawBody))?.whole(schemas);
    let content_type = if raw.schema["type"] == "string" { "text/plain" } else { "application/octet-stream" };
    Some(content(content_type, &raw.schema, false))
}

fn content(content_type: &str, schema: &Value, required: bool) -> Value {
    json!({ "content": { content_type: { "schema": schema } }, "required": required })
}

fn object(content_type: &str, fields: impl IntoIterator<Item = Field>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        if field.required {
            required.push(field.name.clone());
        }
        properties.insert(field.name, field.schema);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    let is_required = !required.is_empty();
    if is_required {
        schema["required"] = json!(required);
    }
    content(content_type, &schema, is_required)
}
