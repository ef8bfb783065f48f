//! How generated code uses a type that may be none that it can use.
//!
//! An assertion has said so by then, on the user's own token. Whatever else needs the type must not say it again: so it goes through
//! a method or constant that exists twice, inherent for the types that will do, and of a trait for all. The first goes before the
//! second where its bounds hold; the second keeps rustc quiet, in a program that does not compile anyway.

use std::marker::PhantomData;

use super::{Param, WithValue};
use crate::graph::fuel::{Described, Fuel};
use crate::graph::node::Source;
use crate::scope::Taking;

/// A parameter's type, described to the depth `F`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<P, F = ()>(PhantomData<(P, F)>);

impl<P: Param, F: Fuel> Probe<P, F> {
    pub const SOURCE: Source = <P::Source<F> as Described>::SOURCE;
}

impl<P: Param> Probe<P> {
    pub const FIELD: PhantomData<P> = PhantomData;
}

/// Stands for a field that is no parameter.
#[doc(hidden)]
pub trait NotField {
    const FIELD: PhantomData<()> = PhantomData;
}

impl<P> NotField for Probe<P> {}

/// The source of what is no parameter.
#[doc(hidden)]
pub trait Unsourced {
    const SOURCE: Source = Source::Request;
}

impl<P, F> Unsourced for Probe<P, F> {}

impl<P: Param> Probe<P> {
    pub fn take(taking: &mut Taking<'_>, position: usize) -> Option<P> {
        taking.take(position)
    }
}

impl<P: Param + WithValue> Probe<P> {
    pub fn take_or(
        taking: &mut Taking<'_>,
        position: usize,
        default: impl FnOnce() -> P::Value,
    ) -> Option<P> {
        taking.take_or(position, default)
    }
}

/// Fails a build, and not that of this crate: it is known for a certain type only, and no type is of that size.
const fn unreadable<P>() {
    assert!(
        size_of::<P>() == usize::MAX,
        "a generic dependency reads its type parameter: bound it by `serde::de::DeserializeOwned + 'static`"
    );
}

/// What takes nothing, which an assertion has said. Only a type parameter may have got past it, by that assertion's own trait as its
/// bound.
#[doc(hidden)]
pub trait Untakeable<P> {
    fn take(_: &mut Taking<'_>, _: usize) -> Option<P> {
        const { unreadable::<P>() };
        unreachable!("a program with errors does not run")
    }

    fn take_or<V>(_: &mut Taking<'_>, _: usize, _: impl FnOnce() -> V) -> Option<P> {
        const { unreadable::<P>() };
        unreachable!("a program with errors does not run")
    }
}

impl<P> Untakeable<P> for Probe<P> {}
