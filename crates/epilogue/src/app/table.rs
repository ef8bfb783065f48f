//! The routing table: which route answers a path and a method.

use std::collections::HashMap;

use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use matchit::InsertError;

use super::StartError;
use super::router::PlacedRoute;
use crate::graph::check::same_path;
use crate::graph::node::RouteNode;
use crate::response::HttpError;
use crate::scope::asks_for_websocket;

/// The table of these routes, whose positions it gives.
pub(super) fn table_of(placed: &[PlacedRoute]) -> Result<matchit::Router<MethodTable>, StartError> {
    let mut by_path: HashMap<&str, MethodTable> = HashMap::new();
    let mut paths = Vec::new();
    for (index, route) in placed.iter().enumerate() {
        let methods = by_path.entry(&route.path).or_insert_with(|| {
            paths.push(route);
            MethodTable::default()
        });
        if let Err(first) = methods.add(route.node, index) {
            let first = placed[first].node;
            return Err(StartError::Collision {
                first: first.name,
                first_at: first.at,
                second: route.node.name,
                second_at: route.node.at,
                method: route.node.method,
                path: route.path.clone(),
            });
        }
    }
    let mut table = matchit::Router::new();
    for (index, route) in paths.iter().enumerate() {
        let methods = by_path.remove(route.path.as_str()).unwrap_or_default();
        table.insert(&route.path, methods).map_err(|error| StartError::Path {
            path: route.path.clone(),
            route: route.node.name,
            at: route.node.at,
            reason: unroutable(route, &paths[..index], &error),
        })?;
    }
    Ok(table)
}

/// Why a path cannot go into a table that has these.
fn unroutable(route: &PlacedRoute, earlier: &[&PlacedRoute], error: &InsertError) -> String {
    if let Some(same) = earlier.iter().find(|other| same_path(&other.path, &route.path)) {
        let PlacedRoute { node, path, .. } = same;
        return format!(
            "`{}` ({}) names the segments of the same path differently, `{path}`; give them the same names",
            node.name, node.at
        );
    }
    let InsertError::Conflict { with } = error else { return error.to_string() };
    // The router may tell only how that path begins.
    let other = earlier.iter().find(|other| other.path == *with);
    match other.or_else(|| earlier.iter().find(|other| other.path.starts_with(with))) {
        Some(PlacedRoute { node, path, .. }) => format!(
            "a request for it may be one for `{path}` of `{}` ({}) as well; begin one of them with another segment",
            node.name, node.at
        ),
        None => format!("a request for it may be one for `{with}` as well"),
    }
}

/// The routes of one path, by method.
#[derive(Default)]
pub(super) struct MethodTable {
    methods: Vec<(Method, usize)>,
    websocket: Option<usize>,
}

impl MethodTable {
    /// Adds a route; the error is the route that is already there.
    pub(super) fn add(&mut self, node: &RouteNode, route: usize) -> Result<(), usize> {
        if node.is_websocket() {
            return self.websocket.replace(route).map_or(Ok(()), Err);
        }
        let method = Method::from_bytes(node.method.as_bytes())
            .expect("the route macros name methods of HTTP only, which are all valid");
        if let Some((_, first)) = self.methods.iter().find(|(of, _)| *of == method) {
            return Err(*first);
        }
        self.methods.push((method, route));
        Ok(())
    }

    /// The route that answers. If there is no function for HEAD, GET answers it, and the body is left out on the way to the
    /// client. A GET may have a page and a WebSocket at the same path: whoever asks for a WebSocket gets that.
    pub(super) fn find(&self, request: &Parts) -> Option<usize> {
        let of = |method: &Method| self.methods.iter().find(|(of, _)| of == method).map(|(_, route)| *route);
        let plain = of(&request.method)
            .or_else(|| if request.method == Method::HEAD { of(&Method::GET) } else { None });
        let takes_socket =
            |_: &usize| request.method == Method::GET && (plain.is_none() || asks_for_websocket(request));
        self.websocket.filter(takes_socket).or(plain)
    }

    /// The reply to a method that no route has.
    pub(super) fn not_allowed(&self) -> HttpError {
        let error = HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        match HeaderValue::try_from(self.allowed()) {
            Ok(allowed) => error.header(header::ALLOW, allowed),
            Err(_) => error,
        }
    }

    fn allowed(&self) -> String {
        let mut allowed: Vec<&str> = self.methods.iter().map(|(method, _)| method.as_str()).collect();
        if allowed.contains(&"GET") && !allowed.contains(&"HEAD") {
            allowed.push("HEAD");
        }
        if self.websocket.is_some() && !allowed.contains(&"GET") {
            allowed.push("GET");
        }
        allowed.sort_unstable();
        allowed.join(", ")
    }
}

/// matchit panics if there is one more.
pub(super) const MOST_PARAMETERS: usize = 25;

/// Checks what a template's macro cannot: what the prefixes make of it.
pub(super) fn check_path(route: &PlacedRoute, segments: &[String]) -> Result<(), StartError> {
    if route.path.is_empty() {
        return Err(StartError::Empty { route: route.node.name, at: route.node.at });
    }
    let (path, at) = (&route.path, route.node.at);
    if segments.len() > MOST_PARAMETERS {
        return Err(StartError::Parameters { path: path.clone(), route: route.node.name, at });
    }
    let twice = segments.iter().enumerate().find(|(index, name)| segments[..*index].contains(name));
    twice.map_or(Ok(()), |(_, name)| {
        Err(StartError::Names { path: path.clone(), route: route.node.name, at, name: name.clone() })
    })
}

/// The names in a path, in order: `{id}` and `{*rest}`; a doubled brace is a literal brace.
pub(crate) fn segments_of(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(close) = rest.find('}') else { break };
        segments.push(rest[..close].trim_start_matches('*').to_owned());
        rest = &rest[close + 1..];
    }
    segments
}
