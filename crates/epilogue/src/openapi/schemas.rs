//! The schemas of types, and the components that the document collects of them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::{RecursiveTransform, ReplaceBoolSchemas, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Number, Value, json};

use super::documented::MakeSchema;
use crate::param::{Bound, ParamOptions};

/// What a type is read from can differ from what it is written as: a field with a default is only certain to be there in the latter.
pub(super) struct Schemas {
    inputs: SchemaGenerator,
    outputs: SchemaGenerator,
}

/// Where the references of each generator point, until it is known what the components are called.
const INPUTS: &str = "/inputs";
const OUTPUTS: &str = "/outputs";
const COMPONENTS: &str = "#/components/schemas/";

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
        let mut inputs = self.inputs.take_definitions(true);
        let mut outputs = self.outputs.take_definitions(true);
        keep_used(document, INPUTS, &mut inputs);
        keep_used(document, OUTPUTS, &mut outputs);
        let names = names_of(&inputs, &outputs);
        let settle = |value: &mut Value| {
            each_reference(value, &mut |path| {
                let found = [INPUTS, OUTPUTS].into_iter().find_map(|at| Some((at, name_in(path, at)?)));
                if let Some(name) = found.and_then(|found| names.get(&found)) {
                    *path = format!("{COMPONENTS}{name}");
                }
            });
        };
        settle(document);
        let mut components = Map::new();
        for (definitions, at) in [(inputs, INPUTS), (outputs, OUTPUTS)] {
            for (name, mut definition) in definitions {
                settle(&mut definition);
                if let Some(name) = names.get(&(at, name)) {
                    components.insert(name.clone(), definition);
                }
            }
        }
        components
    }
}

/// What each definition is called as a component. If it is the same on both sides, it has one name.
fn names_of(
    inputs: &Map<String, Value>,
    outputs: &Map<String, Value>,
) -> BTreeMap<(&'static str, String), String> {
    let two_sided = two_sided(inputs, outputs);
    // As OpenAPI allows it, and as FastAPI changes it.
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (definitions, at, side) in [(inputs, INPUTS, "-Input"), (outputs, OUTPUTS, "-Output")] {
        for name in definitions.keys() {
            let side = if two_sided.contains(name) { side } else { "" };
            if let Some(shared) = names.get(&(INPUTS, name.clone())).filter(|_| side.is_empty()) {
                let shared = String::clone(shared);
                names.insert((at, name.clone()), shared);
                continue;
            }
            let plain: String = name.chars().map(|c| if is_allowed(c) { c } else { '_' }).collect();
            let numbers = std::iter::once(String::new()).chain((2..).map(|number: u32| number.to_string()));
            let mut free = numbers.map(|number| format!("{plain}{number}{side}"));
            names.extend(free.find(|free| taken.insert(free.clone())).map(|free| ((at, name.clone()), free)));
        }
    }
    names
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

/// The name that a reference ends in, if it is one to a definition there.
fn name_in(path: &str, definitions: &str) -> Option<String> {
    let name = path.strip_prefix('#')?.strip_prefix(definitions)?.strip_prefix('/')?;
    Some(percent_decode_str(name).decode_utf8_lossy().replace("~1", "/").replace("~0", "~"))
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

/// Drops the definitions that nothing in the document leads to.
fn keep_used(document: &mut Value, at: &str, definitions: &mut Map<String, Value>) {
    let names_in = |value: &mut Value| {
        let mut names = Vec::new();
        each_reference(value, &mut |path| names.extend(name_in(path, at)));
        names
    };
    let mut used = BTreeSet::new();
    let mut found = names_in(document);
    while let Some(name) = found.pop() {
        if let Some(definition) = definitions.get_mut(&name)
            && used.insert(name)
        {
            found.extend(names_in(definition));
        }
    }
    definitions.retain(|name, _| used.contains(name));
}

/// The names of types that are not written as they are read, or that hold such a type.
fn two_sided(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> BTreeSet<String> {
    let comparable = |definition: &Value, at: &str| {
        let (mut definition, mut holds) = (definition.clone(), Vec::new());
        each_reference(&mut definition, &mut |path| {
            if let Some(name) = name_in(path, at) {
                path.clone_from(&name);
                holds.push(name);
            }
        });
        (definition, holds)
    };
    let mut differing = BTreeSet::new();
    let mut alike = Vec::new();
    for (name, input) in inputs {
        let Some(output) = outputs.get(name) else { continue };
        let (input, holds) = comparable(input, INPUTS);
        if input == comparable(output, OUTPUTS).0 {
            alike.push((name, holds));
        } else {
            differing.insert(name.clone());
        }
    }
    loop {
        let before = differing.len();
        for (name, holds) in &alike {
            if holds.iter().any(|held| differing.contains(held)) {
                differing.insert((*name).clone());
            }
        }
        if differing.len() == before {
            return differing;
        }
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

/// Adds the limits of `#[param(…)]` to a schema.
pub(super) fn limit(schema: &mut Value, options: &ParamOptions, schemas: &Schemas) {
    if options.limit_nothing() {
        return;
    }
    if let Some(Value::Array(all)) = schema.get_mut("anyOf") {
        for schema in all.iter_mut().filter(|schema| schema["type"] != "null") {
            limit(schema, options, schemas);
        }
        return;
    }
    if !options.fields.is_empty() {
        // The type is limited only here, so here it is described as a whole.
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
        let Some(bound) = bound.map(number) else { continue };
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

fn is_list(schema: &Value) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|name| name == "array"),
        name => name == "array",
    }
}

#[allow(clippy::cast_precision_loss, reason = "JSON's numbers are no more exact")]
fn number(bound: Bound) -> Value {
    match bound {
        Bound::Int(value) => Number::from_i128(value).map_or_else(|| json!(value as f64), Value::Number),
        Bound::Float(value) => json!(value),
    }
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
    #[schemars(skip_serializing_if = "Option::is_none")]
    ctx: Option<Map<String, Value>>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only its schema is used")]
enum Step {
    Name(String),
    Index(u64),
}
