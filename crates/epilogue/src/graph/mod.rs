//! The dependency graph: constant data that the compiler checks, the start walks, and [`App::graph`] shows.
//!
//! [`App::graph`]: crate::App::graph

pub(crate) mod check;
pub(crate) mod fuel;
pub(crate) mod node;
pub(crate) mod verdict;
pub(crate) mod way;

pub use epilogue_runtime::SourceLine;
pub use node::DependencyScope;
