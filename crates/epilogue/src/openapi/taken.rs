//! What a route and its dependencies take of a request.

use std::any::TypeId;

use serde_json::{Map, Value, json};

use super::fields::Field;
use super::schemas::{Schemas, limit, without_null};
use crate::app::PlacedRoute;
use crate::graph::node::{Need, ParamNode, Source};
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
    /// In FastAPI's order: a function's own values come before those of what it depends on.
    pub(super) fn of(route: &PlacedRoute) -> Self {
        let mut taken = Self::default();
        taken.own(route.node.params, &[], true);
        let effects = route.dependencies.iter().copied().chain(route.node.dependencies);
        for param in effects.chain(route.node.params) {
            taken.follow(param, &[], true);
        }
        taken
    }

    fn own(&mut self, params: &'static [ParamNode], scopes: &[&'static str], is_vital: bool) {
        for param in params {
            match param.source {
                Source::Value(_) | Source::Json(_) | Source::Form | Source::File { .. } | Source::RawBody => {
                    self.values.push(TakenValue { param, is_vital });
                }
                Source::Security { scheme, .. } => self.require(scheme, scopes),
                _ => {}
            }
        }
    }

    fn follow(&mut self, param: &'static ParamNode, above: &[&'static str], is_vital: bool) {
        let Source::Dependency { node: Some(node), need, .. } = param.source else { return };
        let is_vital = is_vital && need == Need::Required;
        let mut scopes = above.to_vec();
        scopes.extend(param.options.scopes.iter().filter(|scope| !above.contains(scope)));
        let followed = Followed { id: node.id, scopes: scopes.clone(), is_vital };
        if self.followed.contains(&followed) {
            return;
        }
        self.followed.push(followed);
        self.own(node.params, &scopes, is_vital);
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
        Field { name: (*key).to_owned(), schema, required: self.lacking().iter().any(|name| name == key) }
    }

    /// The fields of a struct, which takes its place as a whole; the value itself if it is not a struct.
    pub(super) fn fields(self, schemas: &mut Schemas) -> Vec<Field> {
        let schema = self.schema(schemas);
        let mut properties = match schemas.resolved(&schema).get_mut("properties") {
            Some(Value::Object(properties)) => std::mem::take(properties),
            // Without a schema, the names of the fields are all that is known of a struct.
            _ if self.param.docs.schema.is_none() => {
                (self.param.docs.fields)().iter().map(|name| ((*name).to_owned(), json!({}))).collect()
            }
            _ => Map::new(),
        };
        if properties.is_empty() {
            return vec![self.whole(schemas)];
        }
        // In the order in which they are declared, then those that only the schema knows.
        let declared = (self.param.docs.fields)()
            .iter()
            .filter_map(|name| properties.remove_entry(*name))
            .collect::<Vec<_>>();
        let (default, lacking) = (self.default(), self.lacking());
        let field = |(name, schema): (String, Value)| {
            let mut schema = without_null(schema);
            match default.as_ref().map(|default| &default[&name]) {
                Some(Value::Null) => {}
                Some(value) => schema["default"] = value.clone(),
                // There is one for the whole struct, which cannot be shown.
                None if self.param.options.has_default => {
                    schema.as_object_mut().and_then(|schema| schema.remove("default"));
                }
                None => {}
            }
            Field { required: lacking.contains(&name), name, schema }
        };
        declared.into_iter().chain(properties).map(field).collect()
    }

    /// The schemas of a tuple, which takes the segments of the path in order.
    pub(super) fn items(self, schemas: &mut Schemas) -> Option<Vec<Value>> {
        let schema = self.schema(schemas);
        schemas.resolved(&schema)["prefixItems"].as_array().cloned()
    }

    fn schema(self, schemas: &mut Schemas) -> Value {
        let mut schema = schemas.input(self.param.docs.schema);
        if !matches!(self.param.source, Source::Json(_)) {
            schema = without_null(schema);
        }
        limit(&mut schema, &self.param.options, schemas);
        schema
    }

    fn default(self) -> Option<Value> {
        self.param.docs.default.and_then(|default| default())
    }

    /// Whether a request can have a value that is not valid. Bytes are always.
    pub(super) fn may_be_invalid(self) -> bool {
        !matches!(self.param.source, Source::RawBody) || self.param.docs.schema.is_some()
    }

    /// The names under which a request must have something.
    fn lacking(self) -> Vec<String> {
        let ParamNode { key, options, docs, .. } = self.param;
        if self.is_vital && !options.has_default { (docs.lacking)(key, options) } else { Vec::new() }
    }
}
