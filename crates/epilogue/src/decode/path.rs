//! The way to a value, which its errors name.

use smallvec::SmallVec;

use crate::rejection::Loc;

/// The way to a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    pub(super) parent: Option<&'a Path<'a>>,
    pub(super) step: Step<'a>,
    /// Where the value stands among its siblings, which gives errors their order.
    pub(super) rank: usize,
}

/// The last step of a [`Path`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// The ranks along a path, which identify it within one decoding.
pub(super) type Key = SmallVec<[usize; 8]>;

impl<'a> Path<'a> {
    pub(super) fn root(name: &'a str) -> Self {
        Self { parent: None, step: Step::Name(name), rank: 0 }
    }

    pub(super) fn name(&'a self, name: &'a str, rank: usize) -> Self {
        Self { parent: Some(self), step: Step::Name(name), rank }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index), rank: index }
    }

    fn upwards(&self) -> impl Iterator<Item = &Path<'_>> {
        std::iter::successors(Some(self), |path| path.parent)
    }

    pub(super) fn key(&self) -> Key {
        let mut key: Key = self.upwards().map(|path| path.rank).collect();
        key.reverse();
        key
    }

    pub(super) fn loc(&self) -> Vec<Loc> {
        let step = |path: &Path<'_>| match path.step {
            Step::Name(name) => Loc::Name(name.to_owned().into()),
            Step::Index(index) => Loc::Index(index),
        };
        let mut loc: Vec<_> = self.upwards().map(step).collect();
        loc.reverse();
        loc
    }
}
