//! Options that mean nothing for their parameter.

use super::walk::Seen;
use crate::graph::DependencyScope;
use crate::graph::node::{DependencyNode, ParamNode, Sharing, Source};
use crate::graph::verdict::Verdict;

/// Options that mean nothing for this kind of parameter.
pub(super) const fn check_options(param: &ParamNode) -> Verdict {
    let has_name = !matches!(
        param.source,
        Source::RawBody
            | Source::Extract(_)
            | Source::Security { .. }
            | Source::SecurityScopes
            | Source::Tasks
            | Source::Reply
            | Source::Request
            | Source::State { .. }
            | Source::Dependency { .. }
    );
    if param.options.alias.is_some() && !has_name {
        return Verdict::wrong(&[
            "`",
            param.name,
            "` is looked up by no name, so an alias says nothing about it: remove `alias`",
        ]);
    }
    if let Source::Dependency { node: Some(node), sharing: Sharing::Fresh, .. } = param.source
        && matches!(node.scope, DependencyScope::App)
    {
        return Verdict::wrong(&[
            "`",
            node.name,
            "` is app-scoped: there is one for all requests, and none of one's own; write `Depends<",
            node.name,
            ">`",
        ]);
    }
    if param.options.scopes.is_empty() {
        return Verdict::RIGHT;
    }
    match param.source {
        Source::Dependency { node: Some(node), .. } if !asks_for_scopes(node, &mut Seen::new()) => {
            Verdict::wrong(&[
                "neither `",
                node.name,
                "` nor what it depends on asks which scopes are required: take a SecurityScopes there, or remove `scopes`",
            ])
        }
        Source::Dependency { .. } => Verdict::RIGHT,
        _ => Verdict::wrong(&[
            "scopes are required of a dependency, and `",
            param.name,
            "` is not one: write #[param(scopes(...))] on a Depends, or remove it",
        ]),
    }
}

/// Whether a dependency, or one that it is made from, asks for the required scopes.
const fn asks_for_scopes(node: &DependencyNode, seen: &mut Seen) -> bool {
    if node.is_unfinished() {
        return true;
    }
    let mut i = 0;
    while i < node.params.len() {
        let asks = match node.params[i].source {
            Source::SecurityScopes | Source::Dependency { node: None, .. } => true,
            Source::Dependency { node: Some(below), .. } => {
                seen.first_time(below) && asks_for_scopes(below, seen)
            }
            _ => false,
        };
        if asks {
            return true;
        }
        i += 1;
    }
    false
}
