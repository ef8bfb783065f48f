//! How deep the constant graph goes. The depth is part of the type, which keeps the constant finite even if two dependencies
//! depend on each other: the cycle can then be named instead of overflowing the compiler.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;

use super::SourceLine;
use super::node::{DependencyNode, DependencyScope, Source};
use crate::dependency::Dependency;

/// How many dependencies may stand below each other: [`Full`] spends one per level.
#[doc(hidden)]
pub trait Fuel: 'static {
    /// How many levels are left.
    const LEVELS: usize;

    /// The edge to a dependency, with one level less to go.
    type Edge<D: Dependency>: Edge;
}

/// An edge of the constant graph.
#[doc(hidden)]
pub trait Edge {
    /// The dependency that it leads to; `None` if the depth is spent.
    const NODE: Option<&'static DependencyNode>;
}

/// The description of a dependency to a given depth; the macros implement it.
#[doc(hidden)]
pub trait Describe<F: Fuel>: 'static {
    /// The dependency and all below it.
    const NODE: DependencyNode;
}

/// Where a parameter's value comes from, as constant data.
#[doc(hidden)]
pub trait HasSource {
    /// The place, or the dependency.
    const SOURCE: Source;
}

/// One more level.
#[doc(hidden)]
#[derive(Debug)]
pub struct More<F>(PhantomData<F>);

/// The end.
#[doc(hidden)]
#[derive(Debug)]
pub struct Spent;

/// An edge to `D`, whose own graph has the depth `F`.
#[doc(hidden)]
#[derive(Debug)]
pub struct To<D, F>(PhantomData<(D, F)>);

impl<F: Fuel> Fuel for More<F> {
    const LEVELS: usize = F::LEVELS + 1;

    type Edge<D: Dependency> = To<D, F>;
}

impl Fuel for Spent {
    const LEVELS: usize = 0;

    type Edge<D: Dependency> = Spent;
}

impl<D: Dependency, F: Fuel> Edge for To<D, F> {
    const NODE: Option<&'static DependencyNode> = Some(&<D::Graph<F> as HasNode>::NODE);
}

impl Edge for Spent {
    const NODE: Option<&'static DependencyNode> = None;
}

/// A described dependency whose type does not mention the depth: this is what [`Dependency::Graph`] is.
#[doc(hidden)]
pub trait HasNode {
    /// The dependency and all below it.
    const NODE: DependencyNode;

    /// The name of its type.
    fn type_name() -> &'static str;
}

/// The graph of `D` to the depth `F`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Described<D, F>(PhantomData<(D, F)>);

impl<D: Describe<F>, F: Fuel> HasNode for Described<D, F> {
    const NODE: DependencyNode = D::NODE;

    fn type_name() -> &'static str {
        type_name::<D>()
    }
}

type Four<F> = More<More<More<More<F>>>>;

/// The depth of every graph: longer chains of dependencies are refused by the compiler.
#[doc(hidden)]
pub type Full = Four<Four<Four<Four<Four<Four<Spent>>>>>>;

/// The graph of a dependency whose macro found errors, so that nothing else fails because of them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unfinished;

impl HasNode for Unfinished {
    const NODE: DependencyNode = DependencyNode {
        name: "",
        module: "",
        at: SourceLine::new("", 0),
        id: TypeId::of::<Self>(),
        generic: true,
        derived: false,
        scope: DependencyScope::Request,
        params: &[],
        run: |_, _| unfinished(),
        exit: None,
        concurrent: false,
    };

    fn type_name() -> &'static str {
        unfinished()
    }
}

/// Stands for the code of an item that has errors.
#[doc(hidden)]
pub fn unfinished() -> ! {
    unreachable!("a program with errors does not run")
}
