//! A place that shows which of its values somebody reads.

use std::borrow::Cow;

use super::{Index, Raw, Raws, Values};
use crate::rejection::Place;

/// A place with the same names, in which every value is one that whoever reads it refuses.
pub(crate) struct Unreadable<'v>(pub(crate) &'v dyn Values);

const UNREADABLE: &[u8] = b"\xff unreadable";

/// The same as serde reads it for the name of a variant.
pub(crate) const UNREADABLE_NAME: &str = "\u{fffd} unreadable";

impl Values for Unreadable<'_> {
    fn place(&self) -> Place {
        self.0.place()
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.0.one(name).map(|_| Raw::Opaque(UNREADABLE))
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.0.all(name).iter().map(|_| Raw::Opaque(UNREADABLE)).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        self.0.each(&mut |name, _| visit(name, Raw::Opaque(UNREADABLE)));
    }

    fn alone(&self, name: &str) -> Option<Raw<'_>> {
        self.0.alone(name).map(|_| Raw::Opaque(UNREADABLE))
    }

    fn length(&self) -> usize {
        self.0.length()
    }

    fn index(&self) -> Option<Index<'_>> {
        self.0.index().map(|_| Index::new(self))
    }
}
