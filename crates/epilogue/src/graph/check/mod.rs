//! What the compiler checks of the constant graph.
//!
//! The macros place one check on each parameter, each template and each listed route, at the user's own tokens. A check returns
//! its message, which [`report`](super::verdict::report) panics with: rustc shows that at its caller, and those tokens are the caller.

/// What `?` would be in a function that is not `const`.
macro_rules! return_if_wrong {
    ($check:expr) => {
        let verdict = $check;
        if verdict.is_wrong() {
            return verdict;
        }
    };
}

mod body;
mod in_axum;
mod listed;
mod options;
mod path;
mod scope;
pub(super) mod text;
pub(super) mod walk;

use body::{check_body, check_socket};
use options::check_options;
use path::{check_names, check_place};
use scope::check_scope;
use walk::Seen;

pub(crate) use in_axum::check_in_axum;
pub(crate) use listed::same_path;
pub use listed::{check_listed, shape_of};
pub use path::check_template;
pub(crate) use scope::check_task;

use super::fuel::{Cycling, Describe, node_of};
use super::node::{ParamNode, RouteNode};
use super::verdict::Verdict;

/// Checks one parameter of a dependency: its options and its scope, and that no cycle leads through it.
#[doc(hidden)]
pub const fn check_dependency<D: Describe<Cycling<D>>>(index: usize) -> Verdict {
    let (node, ways) = (node_of::<D>(), D::WAYS);
    let param = &node.params[index];
    return_if_wrong!(check_options(param));
    return_if_wrong!(check_scope(node, param));
    if index < ways.len() {
        return_if_wrong!(ways[index].verdict(node));
    }
    check_body(node.params, &[], index)
}

/// Checks one parameter of a path function: what all its dependencies ask of the template and of the body.
#[doc(hidden)]
pub const fn check_param(route: &'static RouteNode, index: usize) -> Verdict {
    check_of_route(route, route.params, route.dependencies, index)
}

/// The same for one dependency that a route runs for its effect alone.
#[doc(hidden)]
pub const fn check_effect(route: &'static RouteNode, index: usize) -> Verdict {
    check_of_route(route, route.dependencies, &[], index)
}

/// `effects` have run before the first of the parameters.
const fn check_of_route(
    route: &'static RouteNode,
    params: &'static [ParamNode],
    effects: &'static [ParamNode],
    index: usize,
) -> Verdict {
    let param = &params[index];
    return_if_wrong!(check_options(param));
    return_if_wrong!(check_place(route, param));
    return_if_wrong!(check_names(route, param, None, &mut Seen::new()));
    return_if_wrong!(check_socket(route, param));
    check_body(params, effects, index)
}
