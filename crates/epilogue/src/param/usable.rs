//! How generated code uses a type that may turn out to be unusable.
//!
//! In that case an assertion has already reported it, on the user's own token, and other code that needs the type must not report it
//! again. So such code uses a method or constant that exists twice: an inherent one for the types that will do, and one of a trait for
//! all types. Where its bounds hold, the inherent one takes precedence. The other keeps rustc quiet, in a program that does not compile
//! anyway.

use std::marker::PhantomData;

use super::{Param, Reads, WithValue};
use crate::graph::fuel::{Fuel, HasNode, HasSource, Unfinished, unfinished};
use crate::graph::node::{Need, Sharing, Source};
use crate::graph::way::Way;
use crate::scope::Taking;

/// A parameter's type, described as far as `F` goes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Usable<P, F = ()>(PhantomData<(P, F)>);

impl<P: Param, F: Fuel> Usable<P, F> {
    pub const SOURCE: Source = <P::Source<F> as HasSource>::SOURCE;
    pub const WAY: Way = <P::Source<F> as HasSource>::WAY;
}

impl<P: Param> Usable<P> {
    pub const FIELD: PhantomData<P> = PhantomData;
}

/// Stands in for a field that is not a parameter.
#[doc(hidden)]
pub trait NotField {
    const FIELD: PhantomData<()> = PhantomData;
}

impl<P> NotField for Usable<P> {}

/// The source of a type that is not a parameter, from which nothing follows, and what is read by one that holds no value.
#[doc(hidden)]
pub trait Unsourced {
    const SOURCE: Source = Source::Dependency {
        node: Some(&Unfinished::NODE),
        type_name: <Unfinished as HasNode>::type_name,
        sharing: Sharing::Shared,
        need: Need::Required,
    };
    const WAY: Way = Way::NONE;
    const READS: Option<Reads> = None;
    const READS_FIELDS: Option<Reads> = None;
}

impl<P, F> Unsourced for Usable<P, F> {}

impl<P: Param> Usable<P> {
    pub fn take(taking: &mut Taking<'_>, position: usize) -> Option<P> {
        taking.take(position)
    }
}

impl<P: Param + WithValue> Usable<P> {
    pub fn take_or(
        taking: &mut Taking<'_>,
        position: usize,
        default: impl FnOnce() -> P::Value,
    ) -> Option<P> {
        taking.take_or(position, default)
    }
}

/// Fails the build of the crate that uses it. No type has that size, but rustc finds out only once `P` is known, so this crate builds.
const fn unreadable<P>() {
    assert!(
        size_of::<P>() == usize::MAX,
        "a generic dependency reads its type parameter: bound it by `serde::de::DeserializeOwned + 'static`"
    );
}

/// A type that is not a parameter, which an assertion has reported. Only a type parameter can get past that assertion: when its bound is
/// the assertion's own trait.
#[doc(hidden)]
pub trait Untakeable<P> {
    fn take(_: &mut Taking<'_>, _: usize) -> Option<P> {
        const { unreadable::<P>() };
        unfinished()
    }

    fn take_or<V>(_: &mut Taking<'_>, _: usize, _: impl FnOnce() -> V) -> Option<P> {
        const { unreadable::<P>() };
        unfinished()
    }
}

impl<P> Untakeable<P> for Usable<P> {}
