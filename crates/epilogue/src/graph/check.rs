//! What the compiler checks of the constant graph.

use super::DependencyScope;
use super::node::{DependencyNode, ParamNode, RouteNode, Source};
use crate::rejection::Place;

/// Fails the build where a route's graph cannot be right.
#[doc(hidden)]
pub const fn check_route(route: &RouteNode) {
    check_params(route.dependencies, None);
    check_params(route.params, None);
}

/// Fails the build where two of the routes that are listed together answer one method and path.
#[doc(hidden)]
pub const fn check_routes(routes: &[&RouteNode]) {
    let mut i = 0;
    while i < routes.len() {
        let mut j = i + 1;
        while j < routes.len() {
            assert!(
                !(same(routes[i].method, routes[j].method) && same(routes[i].template, routes[j].template)),
                "two path functions answer one method and path: change the path of one, or remove it"
            );
            j += 1;
        }
        i += 1;
    }
}

/// The dependencies above, innermost first.
struct Above<'a> {
    node: &'a DependencyNode,
    next: Option<&'a Above<'a>>,
}

const fn check_params(params: &[ParamNode], above: Option<&Above<'_>>) {
    let mut i = 0;
    while i < params.len() {
        check_param(&params[i], above);
        i += 1;
    }
}

const fn check_param(param: &ParamNode, above: Option<&Above<'_>>) {
    let in_app = match above {
        Some(above) => matches!(above.node.scope, DependencyScope::App),
        None => false,
    };
    assert!(
        param.options.scopes.is_empty() || matches!(param.source, Source::Dependency { .. }),
        "scopes are required of a dependency: write #[param(scopes(...))] on a Depends"
    );
    match param.source {
        Source::Dependency { node: Some(node), .. } => {
            assert!(
                !is_above(node, above),
                "dependency cycle: a dependency depends on itself; remove one of these Depends"
            );
            assert!(
                !in_app || matches!(node.scope, DependencyScope::App),
                "an app-scoped dependency takes app-scoped dependencies only: write scope = \"app\" on the one that it takes"
            );
            check_params(node.params, Some(&Above { node, next: above }));
        }
        Source::Dependency { node: None, .. } => {
            panic!("the chain of dependencies is too long, or a generic dependency depends on itself")
        }
        Source::State { .. } => {}
        _ => assert!(
            !in_app,
            "an app-scoped dependency is built before any request and cannot take a value of one"
        ),
    }
}

const fn is_above(node: &DependencyNode, mut above: Option<&Above<'_>>) -> bool {
    while let Some(Above { node: other, next }) = above {
        if !node.generic
            && node.at.line == other.at.line
            && same(node.name, other.name)
            && same(node.module, other.module)
        {
            return true;
        }
        above = *next;
    }
    false
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Fails the build where an axum handler takes a dependency that needs what only a route of an app has.
pub(crate) const fn check_in_axum(node: &DependencyNode) {
    let mut i = 0;
    while i < node.params.len() {
        let param = &node.params[i];
        match param.source {
            Source::Json(_) | Source::Form | Source::File | Source::RawBody => panic!(
                "a dependency of an axum handler cannot read the body, which is the handler's own: take the body in the handler"
            ),
            Source::Value(Place::Path) => panic!(
                "a dependency of an axum handler has no template to read a `Path` of: take `Extract<axum::extract::Path<...>>`"
            ),
            Source::Dependency { node: Some(below), .. } => check_in_axum(below),
            _ => assert!(
                !param.takes_stream,
                "a dependency of an axum handler cannot take the body, which is the handler's own: take the body in the handler"
            ),
        }
        i += 1;
    }
}
