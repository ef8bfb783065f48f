//! What a route and its dependencies take, as the parameters and the body of an operation.

use std::any::TypeId;

use serde_json::{Map, Value, json};

use super::documented;
use super::schemas::{Schemas, limit, without_null};
use crate::app::PlacedRoute;
use crate::graph::node::{Need, ParamNode, Source};
use crate::rejection::Place;
use crate::security::scheme::SecurityScheme;

/// All that a route takes of a request, each once.
#[derive(Default)]
pub(super) struct Taken {
    values: Vec<&'static ParamNode>,
    /// Each with the scopes that the parameters above it require.
    pub(super) security: Vec<(&'static SecurityScheme, Vec<&'static str>)>,
    followed: Vec<(TypeId, Vec<&'static str>)>,
}

impl Taken {
    /// In FastAPI's order: a function's own values come before those of what it depends on.
    pub(super) fn of(route: &PlacedRoute) -> Self {
        let mut taken = Self::default();
        taken.own(route.node.params, &[]);
        let effects = route.dependencies.iter().copied().chain(route.node.dependencies);
        for param in effects.chain(route.node.params) {
            taken.follow(param, &[]);
        }
        taken
    }

    fn own(&mut self, params: &'static [ParamNode], scopes: &[&'static str]) {
        for param in params {
            match param.source {
                Source::Value(_) | Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody => {
                    self.values.push(param);
                }
                Source::Security { scheme, .. } => self.require(scheme, scopes),
                _ => {}
            }
        }
    }

    fn follow(&mut self, param: &'static ParamNode, above: &[&'static str]) {
        let Source::Dependency { node: Some(node), .. } = param.source else { return };
        let mut scopes = above.to_vec();
        scopes.extend(param.options.scopes.iter().filter(|scope| !above.contains(scope)));
        let followed = (node.id, scopes);
        if self.followed.contains(&followed) {
            return;
        }
        let scopes = followed.1.clone();
        self.followed.push(followed);
        self.own(node.params, &scopes);
        for param in node.params {
            self.follow(param, &scopes);
        }
    }

    fn require(&mut self, scheme: &'static SecurityScheme, scopes: &[&'static str]) {
        let known = self.security.iter_mut().find(|(known, _)| known.name == scheme.name);
        let Some((_, known)) = known else {
            self.security.push((scheme, scopes.to_vec()));
            return;
        };
        for scope in scopes {
            if !known.contains(scope) {
                known.push(scope);
            }
        }
    }

    fn from(&self, place: Place) -> impl Iterator<Item = &'static ParamNode> {
        self.values
            .iter()
            .copied()
            .filter(move |param| matches!(param.source, Source::Value(from) if from == place))
    }

    /// The parameters that are not in the body; of the path, all that its template names.
    pub(super) fn parameters(&self, segments: &[String], schemas: &mut Schemas) -> Vec<Value> {
        let of_path: Vec<Parameter> = self
            .from(Place::Path)
            .flat_map(|param| Parameter::of(param, Place::Path, segments, schemas))
            .collect();
        let mut all = Parameters::default();
        for segment in segments {
            let read = of_path.iter().rfind(|param| param.name == *segment).cloned();
            all.add(read.unwrap_or_else(|| Parameter::unread(segment)));
        }
        for place in [Place::Query, Place::Header, Place::Cookie] {
            for param in self.from(place) {
                for parameter in Parameter::of(param, place, &[], schemas) {
                    all.add(parameter);
                }
            }
        }
        all.0.into_iter().map(Parameter::into_value).collect()
    }

    /// The body, if anything reads it.
    pub(super) fn body(&self, schemas: &mut Schemas) -> Option<Value> {
        let read = |is: fn(&Source) -> bool| {
            let mut found: Vec<&ParamNode> = Vec::new();
            for param in self.values.iter().filter(|param| is(&param.source)) {
                // A parameter of the same name in several places is one.
                if !found.iter().any(|known| known.key == param.key) {
                    found.push(param);
                }
            }
            found
        };
        let json = read(|source| matches!(source, Source::Json(_)));
        if let [whole] = json[..]
            && !whole.options.embed
        {
            let mut schema = schema_of(whole, schemas);
            describe(&mut schema, whole);
            return Some(body("application/json", &schema, whole.need == Need::Required));
        }
        if !json.is_empty() {
            let fields = json.iter().map(|param| Field::of_json(param, schemas));
            return Some(Field::body("application/json", fields));
        }
        let form = read(|source| matches!(source, Source::Form | Source::File { .. }));
        if !form.is_empty() {
            let has_files = form.iter().any(|param| matches!(param.source, Source::File { .. }));
            let content_type =
                if has_files { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
            return Some(Field::body(
                content_type,
                form.iter().flat_map(|param| Field::of_form(param, schemas)).collect::<Vec<_>>(),
            ));
        }
        let is_read = self.values.iter().any(|param| matches!(param.source, Source::RawBody));
        is_read.then(|| body("*/*", &json!({}), false))
    }
}

fn body(content_type: &str, schema: &Value, required: bool) -> Value {
    json!({ "content": { content_type: { "schema": schema } }, "required": required })
}

/// A value's schema with the limits of its parameter.
fn schema_of(param: &ParamNode, schemas: &mut Schemas) -> Value {
    let mut schema = schemas.input(param.docs.schema);
    if !matches!(param.source, Source::Json(_)) {
        schema = without_null(schema);
    }
    limit(&mut schema, &param.options, schemas);
    schema
}

/// What the author says of a parameter, in its schema.
fn describe(schema: &mut Value, param: &ParamNode) {
    if let Some(default) = default_of(param) {
        schema["default"] = default;
    }
    if let Some(description) = param.options.description {
        schema["description"] = json!(description);
    }
}

fn default_of(param: &ParamNode) -> Option<Value> {
    param.docs.default.and_then(|default| default())
}

fn is_required(param: &ParamNode) -> bool {
    !param.options.has_default && (param.docs.is_required)(param.key)
}

/// The fields of a struct that takes a place as a whole, each with its schema and whether it has to be there. `None` for a single value.
fn fields_of(param: &ParamNode, schemas: &mut Schemas) -> Option<Vec<(String, Value, bool)>> {
    let schema = schema_of(param, schemas);
    let resolved = schemas.resolved(&schema);
    let fields = resolved["properties"].as_object()?;
    let required = resolved["required"].as_array();
    let is_there = is_required(param);
    let default = default_of(param);
    let of_field = |(name, schema): (&String, &Value)| {
        let mut schema = without_null(schema.clone());
        if let Some(value) =
            default.as_ref().and_then(|default| default.get(name)).filter(|value| !value.is_null())
        {
            schema["default"] = value.clone();
        }
        let required = is_there && required.is_some_and(|names| names.iter().any(|known| known == name));
        (name.clone(), schema, required)
    };
    Some(fields.iter().map(of_field).collect())
}

/// The parameters of an operation, each of which has a place and a name of its own.
#[derive(Default)]
struct Parameters(Vec<Parameter>);

#[derive(Clone)]
struct Parameter {
    place: Place,
    name: String,
    required: bool,
    schema: Value,
    description: Option<Value>,
}

impl Parameters {
    /// Of several with one name the last counts, but one that is required before one that is not: FastAPI's rule.
    fn add(&mut self, parameter: Parameter) {
        let same = |known: &&mut Parameter| known.place == parameter.place && known.name == parameter.name;
        match self.0.iter_mut().find(same) {
            Some(known) if parameter.required || !known.required => *known = parameter,
            Some(_) => {}
            None => self.0.push(parameter),
        }
    }
}

impl Parameter {
    /// One, or one for each field of a struct or item of a tuple.
    fn of(param: &ParamNode, place: Place, segments: &[String], schemas: &mut Schemas) -> Vec<Self> {
        if let Some(fields) = fields_of(param, schemas) {
            let name = |name: String| if place == Place::Header { name.replace('_', "-") } else { name };
            let of_field = |(field, mut schema, required): (String, Value, bool)| Self {
                place,
                name: name(field),
                required: required || place == Place::Path,
                description: schema.as_object_mut().and_then(|schema| schema.remove("description")),
                schema,
            };
            return fields.into_iter().map(of_field).collect();
        }
        let mut schema = schema_of(param, schemas);
        if param.parts > 0 {
            let items = schema["prefixItems"].as_array().cloned().unwrap_or_default();
            let of_item = |(name, schema): (&String, Value)| Self { schema, ..Self::unread(name) };
            return segments.iter().zip(items).map(of_item).collect();
        }
        describe(&mut schema, param);
        vec![Self {
            place,
            name: param.key.to_owned(),
            required: place == Place::Path || is_required(param),
            description: schema.as_object_mut().and_then(|schema| schema.remove("description")),
            schema,
        }]
    }

    /// A segment of the path that no function reads.
    fn unread(segment: &str) -> Self {
        let schema = json!({ "type": "string" });
        Self { place: Place::Path, name: segment.to_owned(), required: true, schema, description: None }
    }

    fn into_value(self) -> Value {
        let mut value = json!({
            "name": self.name,
            "in": self.place.as_str(),
            "required": self.required,
            "schema": self.schema,
        });
        if let Some(description) = self.description {
            value["description"] = description;
        }
        value
    }
}

/// One of several values that share a body.
struct Field {
    name: String,
    schema: Value,
    required: bool,
}

impl Field {
    fn of_json(param: &ParamNode, schemas: &mut Schemas) -> Self {
        let mut schema = schema_of(param, schemas);
        describe(&mut schema, param);
        Self { name: param.key.to_owned(), schema, required: param.need == Need::Required }
    }

    fn of_form(param: &ParamNode, schemas: &mut Schemas) -> Vec<Self> {
        if let Some(fields) = fields_of(param, schemas) {
            return fields
                .into_iter()
                .map(|(name, schema, required)| Self { name, schema, required })
                .collect();
        }
        let is_file = matches!(param.source, Source::File { .. });
        let mut schema = schema_of(param, schemas);
        if is_file && param.docs.schema.is_none() {
            schema = documented::file().to_value();
        }
        describe(&mut schema, param);
        let required = if is_file { param.need == Need::Required } else { is_required(param) };
        vec![Self { name: param.key.to_owned(), schema, required }]
    }

    fn body(content_type: &str, fields: impl IntoIterator<Item = Self>) -> Value {
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
        body(content_type, &schema, is_required)
    }
}
