//! Whether a value of the body may be missing.

use std::marker::PhantomData;

use crate::graph::node::Need;
#[cfg(feature = "multipart")]
use crate::param::File;
use crate::param::Json;

/// Stands in for `File` without the feature: the macros name it in the advice of an error.
#[cfg(not(feature = "multipart"))]
#[derive(Debug)]
pub struct File<T>(PhantomData<T>);

/// Likewise for what a `File` holds, which they assert of any type of that name.
#[cfg(not(feature = "multipart"))]
pub trait Files {}

#[cfg(not(feature = "multipart"))]
impl<T> Files for T {}

/// Whether what a parameter reads of the body may be missing: the inherent constants take precedence over the trait's.
#[derive(Debug)]
pub struct NeedOf<P>(PhantomData<P>);

impl<T> NeedOf<Json<Option<T>>> {
    pub const NEED: Need = Need::Optional;
}

impl<T> NeedOf<File<Option<T>>> {
    pub const NEED: Need = Need::Optional;
}

impl<T> NeedOf<File<Vec<T>>> {
    pub const NEED: Need = Need::Optional;
}

/// Any other parameter.
pub trait Needed {
    const NEED: Need = Need::Required;
}

impl<P> Needed for NeedOf<P> {}
