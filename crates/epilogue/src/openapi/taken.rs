//! What a route and its dependencies take of a request.

use std::any::TypeId;

use serde_json::{Map, Value, json};

use super::fields::Field;
use super::limits::{limit, limit_body};
use super::schemas::{Schemas, without_null};
use crate::app::PlacedRoute;
use crate::decode::Shape;
use crate::graph::node::{Need, ParamNode, Source};
use crate::rejection::Place;
use crate::security::scheme::SecurityScheme;

#[derive(Default)]
pub(super) struct Taken {
    pub(super) values: Vec<TakenValue>,
    /// Each with the scopes that the parameters above it require.
    pub(super) security: Vec<(&'static SecurityScheme, Vec<&'static str>)>,
    followed: Vec<Followed>,
}

/// A parameter that takes a value of the request.
#[derive(Clone, Copy)]
pub(super) struct TakenValue {
    param: &'static ParamNode,
    /// The request fails without it: nothing above it is optional.
    is_vital: bool,
}

/// A dependency that has been described, as it was met.
#[derive(PartialEq)]
struct Followed {
    id: TypeId,
    scopes: Vec<&'static str>,
    is_vital: bool,
}

impl Taken {
    /// In FastAPI's order: a function's own values come before those of what it depends on, whereas its own security schemes stand
    /// among its dependencies.
    pub(super) fn of(route: &PlacedRoute) -> Self {
        let mut taken = Self::default();
        taken.take_own(route.node.params, true);
        let effects = route.dependencies.iter().copied().chain(route.node.dependencies);
        for param in effects.chain(route.node.params) {
            taken.follow(param, &[], true);
        }
        taken
    }

    fn take_own(&mut self, params: &'static [ParamNode], is_vital: bool) {
        for param in params {
            if let Source::Value(_) | Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody =
                param.source
            {
                self.values.push(TakenValue { param, is_vital });
            }
        }
    }

    /// Takes what a dependency takes, and all below it.
    fn follow(&mut self, param: &'static ParamNode, above: &[&'static str], is_vital: bool) {
        let (node, need) = match param.source {
            Source::Security { scheme, .. } => return self.require(scheme, above),
            Source::Dependency { node: Some(node), need, .. } => (node, need),
            _ => return,
        };
        let is_vital = is_vital && need == Need::Required;
        let mut scopes = above.to_vec();
        scopes.extend(param.options.scopes.iter().filter(|scope| !above.contains(scope)));
        let followed = Followed { id: node.id, scopes: scopes.clone(), is_vital };
        if self.followed.contains(&followed) {
            return;
        }
        self.followed.push(followed);
        self.take_own(node.params, is_vital);
        for param in node.params {
            self.follow(param, &scopes, is_vital);
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
}

impl TakenValue {
    pub(super) fn source(self) -> &'static Source {
        &self.param.source
    }

    pub(super) fn is_embedded(self) -> bool {
        self.param.options.embed
    }

    /// The value under its own name.
    pub(super) fn whole(self, schemas: &mut Schemas) -> Field {
        let ParamNode { key, options, .. } = self.param;
        let mut schema = self.schema(schemas);
        if let Some(default) = self.default() {
            schema["default"] = default;
        }
        if let Some(description) = options.description {
            schema["description"] = json!(description);
        }
        Field { name: (*key).to_owned(), schema, required: !self.lacking().is_empty() }
    }

    /// Whether it reads names that its type does not list.
    pub(super) fn is_open(self, schemas: &mut Schemas) -> bool {
        let shape = (self.param.docs.shape)();
        let schema = self.schema(schemas);
        let schema = schemas.resolved(&schema);
        let is_choice = schema["oneOf"].is_array() || schema["anyOf"].is_array();
        match shape {
            Shape::Map | Shape::Any => is_choice || schema["properties"].is_null(),
            // An enum with its content beside its tag is a struct of these two.
            Shape::Struct(_) => is_choice && schema["properties"].is_null(),
            Shape::Value | Shape::List | Shape::Tuple(_) => false,
        }
    }

    /// Whether it is a struct that refuses all names but its own.
    pub(super) fn denies_unknown(self, schemas: &mut Schemas) -> bool {
        let schema = self.schema(schemas);
        schemas.resolved(&schema)["additionalProperties"] == false
    }

    /// The fields of a struct, which takes its place as a whole; the value itself if it is not a struct.
    pub(super) fn fields(self, schemas: &mut Schemas) -> Vec<Field> {
        let names = match (self.param.docs.shape)() {
            _ if self.is_open(schemas) => return vec![self.whole(schemas)],
            Shape::Struct(names) => names,
            Shape::Map | Shape::Any => &[],
            Shape::Value | Shape::List | Shape::Tuple(_) => return vec![self.whole(schemas)],
        };
        let schema = self.schema(schemas);
        let mut properties = match schemas.resolved(&schema).get_mut("properties") {
            Some(Value::Object(properties)) => std::mem::take(properties),
            // Without a schema, the names of the fields are all that is known of a struct.
            _ if self.param.docs.schema.is_none() => {
                names.iter().map(|name| ((*name).to_owned(), json!({}))).collect()
            }
            _ => Map::new(),
        };
        // In the order in which they are declared, then those that only the schema knows.
        let declared = names.iter().filter_map(|name| properties.remove_entry(*name)).collect::<Vec<_>>();
        let (mut default, lacking) = (self.default(), self.lacking());
        let field = |(name, schema): (String, Value)| {
            let mut schema = without_null(schema);
            if self.param.options.has_default
                && let Some(said) = schema.as_object_mut()
            {
                // The one of the whole struct counts.
                said.remove("default");
                let default = default.as_mut().and_then(|default| default.get_mut(&name)).map(Value::take);
                said.extend(default.filter(|value| !value.is_null()).map(|value| ("default".into(), value)));
            }
            Field { required: lacking.contains(&name), name: self.sent_as(name), schema }
        };
        declared.into_iter().chain(properties).map(field).collect()
    }

    /// The name under which a client sends a struct's field.
    fn sent_as(self, field: String) -> String {
        let is_header = matches!(self.param.source, Source::Value(Place::Header));
        if is_header { field.replace('_', "-") } else { field }
    }

    /// The schemas of a tuple, list or map, which takes all segments of the path.
    pub(super) fn items(self, segments: usize, schemas: &mut Schemas) -> Option<Vec<Value>> {
        let schema = self.schema(schemas);
        let mut schema = schemas.resolved(&schema);
        if let Value::Array(items) = schema["prefixItems"].take() {
            return Some(items);
        }
        if schema["properties"].is_object() {
            return None;
        }
        let item = ["items", "additionalProperties"].map(|name| schema[name].take());
        item.into_iter().find(Value::is_object).map(|item| vec![item; segments])
    }

    fn schema(self, schemas: &mut Schemas) -> Value {
        let mut schema = schemas.input(self.param.docs.schema);
        if let Source::Json(_) = self.param.source {
            limit_body(&mut schema, &self.param.options, schemas);
        } else {
            schema = without_null(schema);
            limit(&mut schema, &self.param.options, schemas);
        }
        schema
    }

    fn default(self) -> Option<Value> {
        self.param.docs.default.and_then(|default| default())
    }

    /// Whether a request can be refused for a value that is not valid. Bytes are always.
    pub(super) fn may_be_invalid(self) -> bool {
        match self.param.source {
            Source::Value(_) => self.is_vital,
            Source::RawBody => self.param.docs.schema.is_some(),
            _ => true,
        }
    }

    /// The names under which a request must have something.
    fn lacking(self) -> Vec<String> {
        let ParamNode { key, options, docs, .. } = self.param;
        if self.is_vital && !options.has_default { (docs.lacking)(key, options) } else { Vec::new() }
    }
}
