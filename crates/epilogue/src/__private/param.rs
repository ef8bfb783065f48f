//! The description of a parameter.

use std::marker::PhantomData;

use crate::graph::SourceLine;
use crate::graph::node::{Need, ParamNode, Source, key_of};
use crate::openapi::ParamDocs;
#[cfg(feature = "multipart")]
use crate::param::File;
use crate::param::{Json, ParamOptions, Reads};

/// Stands in for `File` without the feature: the macros name it in the advice of an error.
#[cfg(not(feature = "multipart"))]
#[derive(Debug)]
pub struct File<T>(PhantomData<T>);

/// What the macro could see of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct ParamFlags {
    pub scalar: bool,
    pub parts: usize,
    pub need: Need,
    pub from_prefix: bool,
    pub takes_stream: bool,
    pub reads: Option<Reads>,
    pub docs: ParamDocs,
}

/// The description of a parameter.
pub const fn param(
    name: &'static str,
    key: &'static str,
    hyphenated: &'static str,
    options: ParamOptions,
    flags: ParamFlags,
    source: Source,
    at: SourceLine,
) -> ParamNode {
    ParamNode {
        name,
        key: key_of(source, key, hyphenated, &options),
        options,
        source,
        scalar: flags.scalar,
        parts: flags.parts,
        need: if options.has_default { Need::Optional } else { flags.need },
        takes_stream: flags.takes_stream,
        from_prefix: flags.from_prefix,
        reads: flags.reads,
        at,
        docs: flags.docs,
    }
}

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
