//! A place whose names are looked up one after another.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Raw, Raws, Values};
use crate::rejection::Place;

/// From this length (in bytes) on, a place is worth an index for looking up a struct's fields.
const LONG: usize = 2048;

/// All names of a place with their values, in the order in which they first appear.
///
/// It takes one walk over the place; looking up one name after another takes a walk per name.
pub(crate) struct Index<'v> {
    place: Place,
    positions: HashMap<Cow<'v, str>, usize>,
    pub(crate) groups: Vec<(Cow<'v, str>, Raws<'v>)>,
}

impl<'v> Index<'v> {
    pub(crate) fn new(of: &'v dyn Values) -> Self {
        let mut positions: HashMap<Cow<'v, str>, usize> = HashMap::new();
        let mut groups: Vec<(Cow<'v, str>, Raws<'v>)> = Vec::new();
        of.each(&mut |name, raw| match positions.entry(name) {
            Entry::Occupied(position) => groups[*position.get()].1.push(raw),
            Entry::Vacant(position) => {
                groups.push((position.key().clone(), Raws::from_iter([raw])));
                position.insert(groups.len() - 1);
            }
        });
        Self { place: of.place(), positions, groups }
    }

    /// The same if the place is long. As long as it is short, a walk per name is faster.
    pub(super) fn of_long(place: &'v dyn Values) -> Option<Self> {
        (place.length() > LONG).then(|| Self::new(place))
    }

    /// The names, each with the value that counts.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, Raw<'_>)> + Clone {
        self.groups.iter().filter_map(|(name, raws)| Some((&**name, self.place.counting(raws)?.clone())))
    }

    fn group(&self, name: &str) -> &[Raw<'v>] {
        self.positions.get(name).map_or(&[], |&position| &self.groups[position].1)
    }
}

impl Values for Index<'_> {
    fn place(&self) -> Place {
        self.place
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.place.counting(self.group(name)).cloned()
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.group(name).iter().cloned().collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, raws) in &self.groups {
            for raw in raws {
                visit(Cow::Borrowed(name), raw.clone());
            }
        }
    }
}
