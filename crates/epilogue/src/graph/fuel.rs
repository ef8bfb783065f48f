//! The edges of the constant graph, and how far they lead.
//!
//! A dependency that is not generic has its node in a `static`, to which all edges lead. So it is described once, and rustc looks at it
//! once. If it depended on itself, rustc would say so in its own words, which help nobody. So it is first looked for a [`Way`] from each
//! dependency back to itself, to a depth that is part of the type: that is finite, whatever depends on what.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;

use super::SourceLine;
use super::node::{DependencyNode, DependencyScope, ParamNode, Source};
use super::way::{Way, shortest_of};
use crate::dependency::Dependency;

/// The parameters of a dependency, described as far as `F` goes; the macros implement it.
#[doc(hidden)]
pub trait Describe<F>: Dependency {
    const PARAMS: &'static [ParamNode];

    /// The ways from each parameter to the dependency that `F` looks for; empty if no parameter is a dependency.
    const WAYS: &'static [Way];
}

/// What an edge leads to.
#[doc(hidden)]
pub trait HasNode {
    /// The dependency and all below it; `None` if the edge leads too far.
    const NODE: Option<&'static DependencyNode>;

    /// The way from there to the dependency that is looked for.
    const WAY: Way = Way::NONE;

    /// The name of its type.
    fn type_name() -> &'static str;
}

/// Where a parameter's value comes from, as constant data.
#[doc(hidden)]
pub trait HasSource {
    /// The place, or the dependency.
    const SOURCE: Source;

    /// The way from there to the dependency that is looked for.
    const WAY: Way = Way::NONE;
}

/// How far edges lead.
#[doc(hidden)]
pub trait Fuel: Sized + 'static {
    /// The dependency that is looked for.
    const WANTED: Option<DependencyNode> = None;

    /// What an edge to `D` leads to.
    type Edge<D: Dependency>: HasNode;

    /// The node of a dependency that is not generic.
    type Named<D: Describe<Self>>: HasNode;

    /// The node of a generic one.
    type Generic<D: Describe<Self>>: HasNode;
}

/// One more level.
#[doc(hidden)]
#[derive(Debug)]
pub struct More<F>(PhantomData<F>);

/// The end.
#[doc(hidden)]
#[derive(Debug)]
pub struct Spent;

type Four<F> = More<More<More<More<F>>>>;

/// As far as rustc follows constants that refer to each other.
type Far = Four<Four<Four<Four<Four<Four<Spent>>>>>>;

/// Leads as far as `F` goes, in search of the dependency `Wanted`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Search<Wanted, F>(PhantomData<(Wanted, F)>);

/// Leads from a dependency back to itself.
#[doc(hidden)]
pub type Cycling<D> = Search<D, Far>;

impl<Wanted: Dependency, F: 'static> Fuel for Search<Wanted, More<F>>
where
    Search<Wanted, F>: Fuel,
{
    const WANTED: Option<DependencyNode> = Some(Wanted::ALONE);
    type Edge<D: Dependency> = D::Target<Search<Wanted, F>>;
    type Named<D: Describe<Self>> = Described<D, Self>;
    type Generic<D: Describe<Self>> = Described<D, Self>;
}

impl<Wanted: Dependency> Fuel for Search<Wanted, Spent> {
    type Edge<D: Dependency> = TooFar;
    type Named<D: Describe<Self>> = TooFar;
    type Generic<D: Describe<Self>> = TooFar;
}

/// Leads from `static` to `static`. Generic dependencies cannot have one: less than `F` of them may follow each other.
#[doc(hidden)]
#[derive(Debug)]
pub struct Linked<F>(PhantomData<F>);

/// The whole graph.
#[doc(hidden)]
pub type Whole = Linked<Far>;

impl<F: 'static> Fuel for Linked<More<F>>
where
    Linked<F>: Fuel,
{
    type Edge<D: Dependency> = D::Target<Linked<F>>;
    type Named<D: Describe<Self>> = InPlace<D>;
    type Generic<D: Describe<Self>> = Described<D, Self>;
}

impl Fuel for Linked<Spent> {
    type Edge<D: Dependency> = D::Target<Self>;
    type Named<D: Describe<Self>> = InPlace<D>;
    type Generic<D: Describe<Self>> = TooFar;
}

/// Ends at once, since the dependency depends on itself.
#[doc(hidden)]
#[derive(Debug)]
pub struct Closed;

impl Fuel for Closed {
    type Edge<D: Dependency> = Unfinished;
    type Named<D: Describe<Self>> = Unfinished;
    type Generic<D: Describe<Self>> = Unfinished;
}

/// How far the edges of a dependency lead, in its `static`.
#[doc(hidden)]
pub type FuelOf<const IN_CYCLE: bool> = <InCycle<IN_CYCLE> as HasFuel>::Fuel;

/// Whether a dependency depends on itself, as a type.
#[doc(hidden)]
#[derive(Debug)]
pub struct InCycle<const IS: bool>;

#[doc(hidden)]
pub trait HasFuel {
    type Fuel: Fuel;
}

impl HasFuel for InCycle<false> {
    type Fuel = Whole;
}

impl HasFuel for InCycle<true> {
    type Fuel = Closed;
}

/// Whether a dependency depends on itself.
#[doc(hidden)]
pub const fn in_cycle<D: Describe<Cycling<D>>>() -> bool {
    shortest_of(D::WAYS).arrives()
}

/// The node of a dependency whose edges lead as far as `F`.
#[doc(hidden)]
pub const fn described<D: Describe<F>, F>() -> DependencyNode {
    DependencyNode { params: D::PARAMS, ..D::ALONE }
}

/// The whole graph of a dependency.
pub(crate) const fn node_of<D: Dependency>() -> &'static DependencyNode {
    match <<Whole as Fuel>::Edge<D> as HasNode>::NODE {
        Some(node) => node,
        None => panic!("an edge of the whole graph leads nowhere, which is a bug in epilogue"),
    }
}

/// The node of `D`, described as far as `F` goes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Described<D, F>(PhantomData<(D, F)>);

impl<D: Describe<F>, F: Fuel> HasNode for Described<D, F> {
    const NODE: Option<&'static DependencyNode> = Some(&const { described::<D, F>() });
    const WAY: Way = Way::from(&D::ALONE, F::WANTED.as_ref(), D::WAYS);

    fn type_name() -> &'static str {
        type_name::<D>()
    }
}

/// The node of `D` in its `static`.
#[doc(hidden)]
#[derive(Debug)]
pub struct InPlace<D>(PhantomData<D>);

impl<D: Dependency> HasNode for InPlace<D> {
    const NODE: Option<&'static DependencyNode> = D::NODE;

    fn type_name() -> &'static str {
        type_name::<D>()
    }
}

/// What an edge leads to that leads too far.
#[doc(hidden)]
#[derive(Debug)]
pub struct TooFar;

impl HasNode for TooFar {
    const NODE: Option<&'static DependencyNode> = None;

    fn type_name() -> &'static str {
        "…"
    }
}

/// The graph of a dependency whose macro found errors, so that nothing else fails because of them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unfinished;

impl Unfinished {
    pub const NODE: DependencyNode = DependencyNode {
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
}

impl HasNode for Unfinished {
    const NODE: Option<&'static DependencyNode> = Some(&Self::NODE);

    fn type_name() -> &'static str {
        unfinished()
    }
}

/// Stands for the code of an item that has errors.
#[doc(hidden)]
pub fn unfinished() -> ! {
    unreachable!("a program with errors does not run")
}
