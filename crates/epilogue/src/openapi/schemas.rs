//! The schemas of types, and the components that the document collects of them.

use std::collections::BTreeSet;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Number, Value, json};

use super::documented::MakeSchema;
use crate::param::{Bound, ParamOptions};

const INPUTS: &str = "#/inputs/";
const OUTPUTS: &str = "#/outputs/";
const COMPONENTS: &str = "#/components/schemas/";

/// What a type is read from can differ from what it is written as: a field with a default is only certain to be there in the latter.
pub(super) struct Schemas {
    inputs: SchemaGenerator,
    outputs: SchemaGenerator,
    validates: bool,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let generator = |contract, path: &str| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.contract = contract;
                settings.definitions_path = path.trim_matches(['#']).trim_end_matches('/').to_owned().into();
            });
            settings.into_generator()
        };
        let inputs = generator(Contract::Deserialize, INPUTS);
        let outputs = generator(Contract::Serialize, OUTPUTS);
        Self { inputs, outputs, validates: false }
    }

    pub(super) fn input(&mut self, make: Option<MakeSchema>) -> Value {
        made(make, &mut self.inputs)
    }

    pub(super) fn output(&mut self, make: Option<MakeSchema>) -> Value {
        made(make, &mut self.outputs)
    }

    /// The schema of an error of validation, as FastAPI has it.
    pub(super) fn validation_error(&mut self) -> Value {
        self.validates = true;
        json!({ "$ref": format!("{COMPONENTS}HTTPValidationError") })
    }

    /// What an input's schema says: of a type with a name, it only says the name.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix(INPUTS));
        name.and_then(|name| self.inputs.definitions().get(name)).unwrap_or(schema)
    }

    /// All components that `document` refers to, whose references are changed to where they are then.
    pub(super) fn into_definitions(mut self, document: &mut Value) -> Map<String, Value> {
        let mut inputs = self.inputs.take_definitions(true);
        let mut outputs = self.outputs.take_definitions(true);
        let two_sided = two_sided(&inputs, &outputs);
        let name_of = |name: &str, side: &str| {
            if two_sided.contains(name) { format!("{name}-{side}") } else { name.to_owned() }
        };
        let settle = |value: &mut Value| {
            each_reference(value, &mut |path| {
                let sides = [(INPUTS, "Input"), (OUTPUTS, "Output")];
                let found = sides.iter().find_map(|(prefix, side)| Some((path.strip_prefix(prefix)?, side)));
                if let Some((name, side)) = found {
                    *path = format!("{COMPONENTS}{}", name_of(name, side));
                }
            });
        };
        settle(document);
        let mut all = Map::new();
        for (definitions, side) in [(&mut inputs, "Input"), (&mut outputs, "Output")] {
            for (name, mut definition) in std::mem::take(definitions) {
                settle(&mut definition);
                all.insert(name_of(&name, side), definition);
            }
        }
        if self.validates {
            all.extend(validation_errors());
        }
        all
    }
}

fn made(make: Option<MakeSchema>, generator: &mut SchemaGenerator) -> Value {
    match make.map(|make| Schema::to_value(make(generator))) {
        // The same in the form that all tools know.
        None | Some(Value::Bool(true)) => json!({}),
        Some(schema) => schema,
    }
}

/// The names of types that are not written as they are read, or that hold such a type.
fn two_sided(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> BTreeSet<String> {
    let plain = |definition: &Value| {
        let (mut plain, mut names) = (definition.clone(), Vec::new());
        each_reference(&mut plain, &mut |path| {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            path.clone_from(&name);
            names.push(name);
        });
        (plain, names)
    };
    let both =
        inputs.iter().filter_map(|(name, input)| Some((name, plain(input), plain(outputs.get(name)?))));
    let both: Vec<_> = both.collect();
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, (input, holds), (output, _)) in &both {
            if input != output || holds.iter().any(|held| found.contains(held)) {
                found.insert((*name).clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn each_reference(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(path) if key == "$ref" => visit(path),
                    value => each_reference(value, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, visit)),
        _ => {}
    }
}

/// A schema without `null`, which a query, a path, a header, a cookie or a form cannot have.
pub(super) fn without_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [name] = &types[..] {
            schema["type"] = name.clone();
        }
    }
    if let Some(Value::Array(all)) = schema.get_mut("anyOf") {
        all.retain(|schema| schema["type"] != "null");
        if let [schema] = &all[..] {
            return schema.clone();
        }
    }
    schema
}

/// Adds the limits of `#[param(…)]` to a schema.
pub(super) fn limit(schema: &mut Value, options: &ParamOptions, schemas: &Schemas) {
    if !options.fields.is_empty() {
        // The type is limited only here, so here it is described as a whole.
        let mut whole = schemas.resolved(schema).clone();
        for (name, limits) in options.fields {
            if let Some(field) = whole.get_mut("properties").and_then(|fields| fields.get_mut(name)) {
                limit(field, limits, schemas);
            }
        }
        *schema = whole;
    }
    let is_list = schema["type"] == "array";
    let lengths = if is_list { ["minItems", "maxItems"] } else { ["minLength", "maxLength"] };
    for (name, length) in lengths.into_iter().zip([options.min_length, options.max_length]) {
        if let Some(length) = length {
            schema[name] = json!(length);
        }
    }
    // Those of a list hold for its items.
    let item = if is_list && schema["items"].is_object() { &mut schema["items"] } else { schema };
    let bounds = [
        ("minimum", options.ge),
        ("exclusiveMinimum", options.gt),
        ("maximum", options.le),
        ("exclusiveMaximum", options.lt),
    ];
    for (name, bound) in bounds {
        if let Some(bound) = bound {
            item[name] = number(bound);
        }
    }
    if let Some(pattern) = options.pattern {
        item["pattern"] = json!(pattern);
    }
}

#[allow(clippy::cast_precision_loss, reason = "JSON's numbers are no more exact")]
fn number(bound: Bound) -> Value {
    match bound {
        Bound::Int(value) => Number::from_i128(value).map_or_else(|| json!(value as f64), Value::Number),
        Bound::Float(value) => json!(value),
    }
}

fn validation_errors() -> [(String, Value); 2] {
    let error = json!({
        "type": "object",
        "title": "ValidationError",
        "properties": {
            "loc": {
                "type": "array",
                "title": "Location",
                "items": { "anyOf": [{ "type": "string" }, { "type": "integer" }] },
            },
            "msg": { "type": "string", "title": "Message" },
            "type": { "type": "string", "title": "Error Type" },
            "input": { "title": "Input" },
            "ctx": { "type": "object", "title": "Context" },
        },
        "required": ["loc", "msg", "type"],
    });
    let errors = json!({
        "type": "object",
        "title": "HTTPValidationError",
        "properties": {
            "detail": {
                "type": "array",
                "title": "Detail",
                "items": { "$ref": format!("{COMPONENTS}ValidationError") },
            },
        },
    });
    [("HTTPValidationError".to_owned(), errors), ("ValidationError".to_owned(), error)]
}
