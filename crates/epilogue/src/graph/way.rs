//! Ways that lead from a dependency back to itself.

use std::cmp::Ordering;

use super::check::text::order;
use super::check::walk::same_node;
use super::node::DependencyNode;
use super::verdict::Verdict;

/// A way through dependencies to the one that is looked for, if there is any. It refers to no other constant: with incremental
/// compilation, rustc follows all that a constant refers to, once for each way that leads there.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The names along it, the last first.
    names: [&'static str; Self::LONGEST],
    length: usize,
    arrives: bool,
    /// Whether it leads through a dependency that comes before its end, and so reports the cycle in its place.
    is_reported_there: bool,
}

impl Way {
    /// Longer ones are not looked for.
    const LONGEST: usize = 24;

    /// No way.
    pub const NONE: Self =
        Self { names: [""; Self::LONGEST], length: 0, arrives: false, is_reported_there: false };

    /// The way from `node` to `end`: one of those from what `node` depends on.
    pub(super) const fn from(node: &DependencyNode, end: Option<&DependencyNode>, below: &[Self]) -> Self {
        let Some(end) = end else { return Self::NONE };
        if same_node(node, end) {
            return Self { arrives: true, ..Self::NONE };
        }
        let mut way = shortest_of(below);
        if way.arrives && way.length < Self::LONGEST {
            way.names[way.length] = node.name;
            way.length += 1;
            // A generic one has no check of its own.
            way.is_reported_there |= !node.generic && before(node, end);
        }
        way
    }

    pub(super) const fn arrives(&self) -> bool {
        self.arrives
    }

    /// The message for a way from `end` to itself.
    pub(super) const fn verdict(&self, end: &DependencyNode) -> Verdict {
        if !self.arrives || self.is_reported_there {
            return Verdict::RIGHT;
        }
        let mut verdict = Verdict::wrong(&["dependency cycle: ", end.name, " -> "]);
        let mut i = self.length;
        while i > 0 {
            i -= 1;
            verdict.add(&[self.names[i], " -> "]);
        }
        verdict.add(&[end.name, "; remove one of these Depends"]);
        verdict
    }
}

/// The shortest way that arrives: a longer one may go round another cycle first.
pub(super) const fn shortest_of(ways: &[Way]) -> Way {
    let mut shortest = Way::NONE;
    let mut i = 0;
    while i < ways.len() {
        if ways[i].arrives && (!shortest.arrives || ways[i].length < shortest.length) {
            shortest = ways[i];
        }
        i += 1;
    }
    shortest
}

/// An arbitrary order that is the same everywhere.
const fn before(a: &DependencyNode, b: &DependencyNode) -> bool {
    match (order(a.module, b.module), order(a.name, b.name)) {
        (Ordering::Less, _) | (Ordering::Equal, Ordering::Less) => true,
        (Ordering::Equal, Ordering::Equal) => a.at.line < b.at.line,
        _ => false,
    }
}
