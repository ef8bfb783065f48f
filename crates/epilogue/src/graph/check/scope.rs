//! How long a dependency lives, beside what it depends on and what takes it.

use super::walk::{Seen, same_node};
use crate::graph::DependencyScope;
use crate::graph::node::{DependencyNode, ParamNode, Source};
use crate::graph::verdict::Verdict;

pub(super) const fn check_scope(node: &DependencyNode, param: &ParamNode) -> Verdict {
    let in_app = matches!(node.scope, DependencyScope::App);
    match param.source {
        Source::Dependency { node: Some(below), .. } => {
            if in_app && !matches!(below.scope, DependencyScope::App) && !below.is_unfinished() {
                let mut verdict = Verdict::wrong(&[
                    "`",
                    node.name,
                    "` is app-scoped and cannot depend on `",
                    below.name,
                    "`, which is made for each request: write ",
                ]);
                add_app_scope(&mut verdict, below);
                verdict.add(&[", or remove the scope of `", node.name, "`"]);
                return verdict;
            }
            let exits_late = node.exit.is_some() && matches!(node.scope, DependencyScope::Request);
            if exits_late && let Some(early) = exited_early(below, &mut Seen::new()) {
                let through =
                    if same_node(early, below) { ["", "", ""] } else { [" through `", below.name, "`"] };
                return Verdict::wrong(&[
                    "`",
                    node.name,
                    "` is exited after the reply, and `",
                    early.name,
                    "`, on which it depends",
                    through[0],
                    through[1],
                    through[2],
                    ", before it: write scope = \"function\" on `",
                    node.name,
                    "`, or scope = \"request\" on `",
                    early.name,
                    "`",
                ]);
            }
            Verdict::RIGHT
        }
        Source::Dependency { node: None, .. } | Source::State { .. } => Verdict::RIGHT,
        _ if in_app => Verdict::wrong(&[
            "`",
            node.name,
            "` is app-scoped: it is built before any request, and `",
            param.name,
            "` comes from one; take a State<…> instead, or remove the scope of `",
            node.name,
            "`",
        ]),
        _ => Verdict::RIGHT,
    }
}

/// What is exited before the reply, among a dependency and those that it is made from. A dependency with an exit is checked on its own.
const fn exited_early(node: &'static DependencyNode, seen: &mut Seen) -> Option<&'static DependencyNode> {
    match node.scope {
        DependencyScope::Function => return Some(node),
        DependencyScope::Request if node.exit.is_none() && seen.first_time(node) => {}
        _ => return None,
    }
    let mut i = 0;
    while i < node.params.len() {
        if let Source::Dependency { node: Some(below), .. } = node.params[i].source
            && let Some(early) = exited_early(below, seen)
        {
            return Some(early);
        }
        i += 1;
    }
    None
}

/// Checks a dependency that a task takes: it runs when the request is gone.
pub(crate) const fn check_task(node: &DependencyNode) -> Verdict {
    if matches!(node.scope, DependencyScope::App) || node.is_unfinished() {
        return Verdict::RIGHT;
    }
    let mut verdict =
        Verdict::wrong(&["a task runs after its request and takes app-scoped dependencies only: write "]);
    add_app_scope(&mut verdict, node);
    verdict.add(&[", or give the task what it needs as an argument"]);
    verdict
}

/// How to make a dependency app-scoped.
const fn add_app_scope(verdict: &mut Verdict, node: &DependencyNode) {
    if node.derived {
        verdict.add(&["a function under #[dependency(scope = \"app\")] that returns a `", node.name, "`"]);
    } else {
        verdict.add(&["#[dependency(scope = \"app\")] on `", node.name, "`"]);
    }
}
