//! How a check walks through the dependencies.

use super::text::same;
use crate::graph::node::DependencyNode;
use crate::graph::verdict::Verdict;

/// The dependencies on the way down, innermost first.
pub(super) struct Chain<'a> {
    pub(super) node: &'static DependencyNode,
    pub(super) next: Option<&'a Chain<'a>>,
}

/// The chain's names from the outermost on, each with an arrow to the next.
pub(super) const fn add_names(verdict: &mut Verdict, chain: Option<&Chain<'_>>) {
    if let Some(Chain { node, next }) = chain {
        add_names(verdict, *next);
        verdict.add(&[node.name, " -> "]);
    }
}

/// The dependencies that a walk has visited, so that each is followed only once, however many ways lead to it: a table in which the
/// line of a dependency says where to look for it first.
pub(super) struct Seen {
    nodes: [Option<&'static DependencyNode>; 512],
}

impl Seen {
    pub(super) const fn new() -> Self {
        Self { nodes: [None; 512] }
    }

    /// Whether the walk comes to this dependency for the first time. Generic ones share a name and cannot be told apart, so they
    /// always count as new.
    pub(super) const fn first_time(&mut self, node: &'static DependencyNode) -> bool {
        if node.generic {
            return true;
        }
        let mut i = 0;
        while i < self.nodes.len() {
            let place = (node.at.line as usize + i) % self.nodes.len();
            match self.nodes[place] {
                None => {
                    self.nodes[place] = Some(node);
                    return true;
                }
                Some(seen) if same_node(seen, node) => return false,
                Some(_) => i += 1,
            }
        }
        true
    }
}

pub(in crate::graph) const fn same_node(a: &DependencyNode, b: &DependencyNode) -> bool {
    a.at.line == b.at.line && same(a.name, b.name) && same(a.module, b.module)
}
