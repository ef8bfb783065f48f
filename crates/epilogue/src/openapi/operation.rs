//! A route as an operation of the document.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use super::taken::Taken;
use super::{documented_path, fields};
use crate::app::PlacedRoute;
use crate::body::never_has_content;
use crate::security::scheme::{OAuth2Flow, SchemeKind, SecurityScheme};

/// Describes a route, and adds the security schemes that it uses.
pub(super) fn describe(
    route: &PlacedRoute,
    segments: &[String],
    schemas: &mut Schemas,
    security: &mut Map<String, Value>,
) -> Value {
    let node = route.node;
    let taken = Taken::of(route);
    let mut operation = json!({
        "summary": titled(node.name),
        "operationId": operation_id(route),
    });
    let description = without_indent(node.docs.description);
    if !description.is_empty() {
        operation["description"] = json!(description);
    }
    let mut tags: Vec<&str> = Vec::new();
    for tag in &route.tags {
        if !tags.contains(tag) {
            tags.push(tag);
        }
    }
    if !tags.is_empty() {
        operation["tags"] = json!(tags);
    }
    if node.docs.is_deprecated {
        operation["deprecated"] = json!(true);
    }
    if !taken.security.is_empty() {
        for (scheme, _) in &taken.security {
            security.insert(scheme.name.to_owned(), security_scheme(scheme));
        }
        let requirement = |(scheme, scopes): &(&SecurityScheme, Vec<_>)| json!({ scheme.name: scopes });
        operation["security"] = taken.security.iter().map(requirement).collect();
    }
    let parameters = fields::parameters(&taken, segments, schemas);
    let body = fields::body(&taken, schemas);
    let is_validated = taken.values.iter().any(|value| value.may_be_invalid());
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = body {
        operation["requestBody"] = body;
    }
    operation["responses"] = responses(route, is_validated, schemas);
    operation
}

fn responses(route: &PlacedRoute, is_validated: bool, schemas: &mut Schemas) -> Value {
    let status = route.node.status.unwrap_or(200);
    let mut success = json!({ "description": "Successful Response" });
    let reply = route.node.docs.reply;
    if let Some(content_type) =
        reply.content_type.filter(|_| !StatusCode::from_u16(status).is_ok_and(never_has_content))
    {
        let schema = match content_type {
            "application/json" => schemas.output(reply.schema),
            "application/octet-stream" => json!({}),
            _ => json!({ "type": "string" }),
        };
        success["content"] = json!({ content_type: { "schema": schema } });
    }
    let mut responses = json!({ status.to_string(): success });
    if is_validated {
        let content = json!({ "application/json": { "schema": schemas.invalid() } });
        responses["422"] = json!({ "description": "Validation Error", "content": content });
    }
    responses
}

/// A documentation comment without the space that each of its lines begins with.
fn without_indent(comment: &str) -> String {
    let lines: Vec<&str> = comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

/// `Read Item`, of a function `read_item`.
fn titled(name: &str) -> String {
    let title = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    };
    name.split('_').map(title).collect::<Vec<String>>().join(" ")
}

/// As FastAPI makes it: of the function, the path and the method.
fn operation_id(route: &PlacedRoute) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let path: String = documented_path(&route.path).chars().map(plain).collect();
    format!("{}{path}_{}", route.node.name, route.node.method.to_lowercase())
}

fn security_scheme(scheme: &SecurityScheme) -> Value {
    let mut value = match scheme.kind {
        SchemeKind::Http { scheme, bearer_format } => {
            let mut value = json!({ "type": "http", "scheme": scheme });
            if let Some(format) = bearer_format {
                value["bearerFormat"] = json!(format);
            }
            value
        }
        SchemeKind::ApiKey { place, name } => json!({ "type": "apiKey", "in": place.as_str(), "name": name }),
        SchemeKind::OAuth2(flow) => json!({ "type": "oauth2", "flows": flows(&flow) }),
        SchemeKind::OpenIdConnect { url } => json!({ "type": "openIdConnect", "openIdConnectUrl": url }),
    };
    if let Some(description) = scheme.description {
        value["description"] = json!(description);
    }
    value
}

fn flows(flow: &OAuth2Flow) -> Value {
    let scopes: Map<String, Value> =
        flow.scopes.iter().map(|(scope, meaning)| ((*scope).to_owned(), json!(meaning))).collect();
    let mut value = json!({ "scopes": scopes, "tokenUrl": flow.token_url });
    if let Some(url) = flow.refresh_url {
        value["refreshUrl"] = json!(url);
    }
    match flow.authorization_url {
        Some(url) => {
            value["authorizationUrl"] = json!(url);
            json!({ "authorizationCode": value })
        }
        None => json!({ "password": value }),
    }
}
