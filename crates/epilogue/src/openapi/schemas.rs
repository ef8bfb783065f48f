//! The schemas of types.

use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::{RecursiveTransform, ReplaceBoolSchemas, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::components::{self, INPUTS, OUTPUTS, name_in};
use super::documented::MakeSchema;

/// What a type is read from can differ from what it is written as: a field with a default is only certain to be there in the latter.
pub(super) struct Schemas {
    inputs: SchemaGenerator,
    outputs: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let generator = |contract, path: &'static str| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.contract = contract;
                settings.definitions_path = path.into();
                settings.transforms.push(Box::new(simplify));
            });
            settings.into_generator()
        };
        Self {
            inputs: generator(Contract::Deserialize, INPUTS),
            outputs: generator(Contract::Serialize, OUTPUTS),
        }
    }

    pub(super) fn input(&mut self, make: Option<MakeSchema>) -> Value {
        self.both(make).0
    }

    pub(super) fn output(&mut self, make: Option<MakeSchema>) -> Value {
        self.both(make).1
    }

    /// Both generators meet all types in one order, so that they number those of one name alike.
    fn both(&mut self, make: Option<MakeSchema>) -> (Value, Value) {
        let Some(make) = make else { return (json!({}), json!({})) };
        let [input, output] = [&mut self.inputs, &mut self.outputs].map(|generator| plain(make(generator)));
        (input, output)
    }

    /// The schema of the reply to a request that is not valid.
    pub(super) fn invalid(&mut self) -> Value {
        self.output(Some(SchemaGenerator::subschema_for::<Errors>))
    }

    /// The definition that an input's schema refers to, or the schema itself if it is not a reference.
    pub(super) fn resolved(&self, schema: &Value) -> Value {
        let definitions = self.inputs.definitions();
        let mut resolved = schema;
        // A type that wraps another one names only that. It cannot go on for longer, unless in a circle.
        for _ in 0..definitions.len() {
            let name = resolved["$ref"].as_str().and_then(|path| name_in(path, INPUTS));
            let Some(found) = name.and_then(|name| definitions.get(&name)) else { break };
            resolved = found;
        }
        Schema::try_from(resolved.clone()).map_or_else(|_| json!({}), plain)
    }

    /// All components that `document` refers to, whose references are changed to where they are then.
    pub(super) fn into_components(mut self, document: &mut Value) -> Map<String, Value> {
        components::of(self.inputs.take_definitions(true), self.outputs.take_definitions(true), document)
    }
}

/// A schema that is an object, to which more can be added.
fn plain(mut schema: Schema) -> Value {
    simplify(&mut schema);
    schema.ensure_object();
    schema.to_value()
}

/// Says the same in words that more tools know. A generator does it for the definitions that are taken of it, but not for what is asked of it
/// directly.
fn simplify(schema: &mut Schema) {
    let mut booleans = ReplaceBoolSchemas::default();
    booleans.skip_additional_properties = true;
    booleans.transform(schema);
    RecursiveTransform(as_one_enum).transform(schema);
}

/// To schemars, each variant with documentation is a schema of its own.
fn as_one_enum(schema: &mut Schema) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else { return };
    let (mut values, mut lines) = (Vec::new(), Vec::new());
    for variant in variants {
        match (variant["const"].as_str(), variant["enum"].as_array()) {
            (Some(value), _) => {
                values.push(json!(value));
                lines.extend(variant["description"].as_str().map(|text| format!("- `{value}`: {text}")));
            }
            (None, Some(several)) if variant["type"] == "string" => values.extend(several.iter().cloned()),
            _ => return,
        }
    }
    let said = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    schema.remove("oneOf");
    schema.insert("type".into(), json!("string"));
    schema.insert("enum".into(), values.into());
    if !lines.is_empty() {
        let description: Vec<String> = said.into_iter().chain([lines.join("\n")]).collect();
        schema.insert("description".into(), json!(description.join("\n\n")));
    }
}

/// A schema without `null`, which a query, a path, a header, a cookie or a form cannot have.
pub(super) fn without_null(mut schema: Value) -> Value {
    if let Some(fields) = schema.as_object_mut()
        && fields.get("default").is_some_and(Value::is_null)
    {
        fields.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [name] = &types[..] {
            schema["type"] = name.clone();
        }
    }
    if let Some(Value::Array(all)) = schema.get_mut("anyOf") {
        all.retain(|schema| schema["type"] != "null");
        if let [Value::Object(only)] = &all[..] {
            let mut only = only.clone();
            // What is said of the optional value comes before what is said of its type.
            let said = schema.as_object().into_iter().flatten().filter(|(key, _)| *key != "anyOf");
            only.extend(said.map(|(key, value)| (key.clone(), value.clone())));
            return Value::Object(only);
        }
    }
    schema
}

// The reply to a request that is not valid, under the names that FastAPI gives its parts. A documentation comment would be documented.
#[derive(JsonSchema)]
#[schemars(rename = "HTTPValidationError")]
#[expect(dead_code, reason = "only its schema is used")]
struct Errors {
    detail: Vec<OneError>,
}

#[derive(JsonSchema)]
#[schemars(rename = "ValidationError")]
#[expect(dead_code, reason = "only its schema is used")]
struct OneError {
    loc: Vec<Step>,
    msg: String,
    r#type: String,
    input: Value,
    #[schemars(skip_serializing_if = "Map::is_empty")]
    ctx: Map<String, Value>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only its schema is used")]
enum Step {
    Name(String),
    Index(u64),
}
