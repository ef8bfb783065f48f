//! Dependencies that depend on themselves.

use std::cmp::Ordering;

use super::text::order;
use super::walk::{Chain, Seen, add_names, same_node};
use crate::graph::node::{DependencyNode, Source};
use crate::graph::verdict::Verdict;

/// Looks for a way from `node` back to `start`.
pub(super) const fn find(
    node: &'static DependencyNode,
    start: &'static DependencyNode,
    above: &Chain<'_>,
    seen: &mut Seen,
) -> Verdict {
    if same_node(node, start) && !node.generic {
        return cycle(above, start);
    }
    if !seen.first_time(node) {
        return Verdict::RIGHT;
    }
    let chain = Chain { node, next: Some(above) };
    let mut i = 0;
    while i < node.params.len() {
        if let Source::Dependency { node: Some(below), .. } = node.params[i].source {
            return_if_wrong!(find(below, start, &chain, seen));
        }
        i += 1;
    }
    Verdict::RIGHT
}

/// The message for a cycle. Only the first of its dependencies reports it, so that it is reported once.
const fn cycle(chain: &Chain<'_>, start: &'static DependencyNode) -> Verdict {
    let mut next = Some(chain);
    while let Some(Chain { node, next: more }) = next {
        // A generic one has no check of its own.
        if !node.generic && before(node, start) {
            return Verdict::RIGHT;
        }
        next = *more;
    }
    let mut verdict = Verdict::wrong(&["dependency cycle: "]);
    add_names(&mut verdict, Some(chain));
    verdict.add(&[start.name, "; remove one of these Depends"]);
    verdict
}

/// An arbitrary order that is the same everywhere.
const fn before(a: &DependencyNode, b: &DependencyNode) -> bool {
    match (order(a.module, b.module), order(a.name, b.name)) {
        (Ordering::Less, _) | (Ordering::Equal, Ordering::Less) => true,
        (Ordering::Equal, Ordering::Equal) => a.at.line < b.at.line,
        _ => false,
    }
}
