//! The segments of a request's path.

use std::borrow::Cow;

use super::{Raw, Raws, Values};
use crate::rejection::Place;

/// The segments that the route's template captured, in the order of the template: still encoded, decoded when asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Captures<'r> {
    path: &'r str,
    names: &'r [String],
    ranges: &'r [(u32, u32)],
}

impl<'r> Captures<'r> {
    /// The bytes `ranges` of the path, under these names.
    pub(crate) fn new(path: &'r str, names: &'r [String], ranges: &'r [(u32, u32)]) -> Self {
        Self { path, names, ranges }
    }

    /// The names with their segments, which are still encoded.
    fn segments(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.names.iter().zip(self.ranges).map(move |(name, &(start, end))| {
            (name.as_str(), self.path.get(start as usize..end as usize).unwrap_or_default())
        })
    }
}

/// A segment, in which `+` is just a plus.
fn decoded_segment(segment: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', segment.as_bytes()).is_some() {
        percent_encoding::percent_decode_str(segment).decode_utf8_lossy()
    } else {
        Cow::Borrowed(segment)
    }
}

impl Values for Captures<'_> {
    fn place(&self) -> Place {
        Place::Path
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        let (_, segment) = self.segments().find(|(key, _)| *key == name)?;
        Some(Raw::Text(decoded_segment(segment)))
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.one(name).into_iter().collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, segment) in self.segments() {
            visit(Cow::Borrowed(name), Raw::Text(decoded_segment(segment)));
        }
    }
}
