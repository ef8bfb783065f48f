//! What structs, maps, lists and tuples get to see of a place.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};
use smallvec::SmallVec;

use super::flaw;
use super::rules::Rules;
use super::session::{Fault, Path, Session, State, TypeName};
use super::slot::{Role, Slot, shown_all};
use super::text::{Text, shown};
use super::values::{Group, Index, Raw, Raws, Values};

/// The fields of a struct over a whole place: in the order of the struct, then what else the place has.
pub(super) struct Fields<'a> {
    session: &'a Session,
    values: &'a dyn Values,
    of: &'a Path<'a>,
    of_type: TypeName,
    rules: Rules<'a>,
    gaps: Vec<&'static str>,
    wanted: &'static [&'static str],
    next: usize,
    stage: Stage,
    unknown: Vec<Cow<'a, str>>,
    /// `None` after a name that the struct does not have.
    pending: Option<Pending<'a>>,
}

/// Which fields of a struct are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The fields as declared.
    Declared,
    /// Names that the struct does not have.
    Unknown,
    /// Fields that nothing can fill; after these, nothing more can be decoded.
    Hopeless,
}

/// A field whose name has been handed out, but not its value.
struct Pending<'a> {
    /// What errors call it.
    field: &'static str,
    /// What it is looked up by.
    name: Cow<'static, str>,
    rank: usize,
    picked: Option<Raw<'a>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        session: &'a Session,
        values: &'a dyn Values,
        (of, of_type): (&'a Path<'a>, TypeName),
        rules: Rules<'a>,
        fields: &'static [&'static str],
    ) -> Self {
        Self {
            session,
            values,
            of,
            of_type,
            rules,
            gaps: session.gaps(of_type, &std::iter::empty()),
            wanted: fields,
            next: 0,
            stage: Stage::Declared,
            unknown: Vec::new(),
            pending: None,
        }
    }

    /// The next field to hand out in this stage.
    fn declared(&mut self) -> Option<&'static str> {
        while let Some(&field) = self.wanted.get(self.next) {
            let rank = self.next;
            self.next += 1;
            let hopeless = self.session.state(&self.of.name(field, rank)) == State::Hopeless;
            if hopeless != (self.stage == Stage::Hopeless) {
                continue;
            }
            let name = self.values.place().key(field);
            let picked = self.values.one(&name);
            if picked.is_some() || self.gaps.contains(&field) {
                self.pending = Some(Pending { field, name, rank, picked });
                return Some(field);
            }
        }
        None
    }

    /// Looks for names that the struct does not have, if that can matter.
    fn find_unknown(&mut self) {
        if !self.values.place().tells_unknown() {
            return;
        }
        if self.session.is_strict(self.of_type) {
            let unknown = Index::new(self.values)
                .groups
                .into_iter()
                .filter(|(name, _)| !self.wanted.contains(&&**name));
            for (i, (name, raws)) in unknown.enumerate() {
                let path = self.of.name(&name, self.wanted.len() + i);
                // A struct is known to be strict only from an earlier pass, so there is a log for this note.
                let _ = self.session.note(&path, flaw::EXTRA, &|| shown_all(&raws));
            }
            return;
        }
        let (wanted, unknown) = (self.wanted, &mut self.unknown);
        self.values.each(&mut |name, _| {
            if !wanted.contains(&&*name) {
                unknown.push(name);
            }
        });
        self.unknown.reverse();
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        if self.stage == Stage::Declared {
            if let Some(field) = self.declared() {
                return seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some);
            }
            self.stage = Stage::Unknown;
            self.find_unknown();
        }
        if self.stage == Stage::Unknown {
            if let Some(name) = self.unknown.pop() {
                let key = StrDeserializer::<Fault>::new(&name);
                return self.session.settle_key(self.of_type, seed.deserialize(key)).map(Some);
            }
            self.stage = Stage::Hopeless;
            self.next = if self.session.is_first() { self.wanted.len() } else { 0 };
        }
        self.declared().map(|field| seed.deserialize(StrDeserializer::<Fault>::new(field))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(Pending { field, name, rank, picked }) = self.pending.take() else {
            return seed.deserialize(().into_deserializer());
        };
        let path = self.of.name(field, rank);
        if self.session.state(&path) == State::Hole {
            let result = seed.deserialize(self.session.filling(&path));
            return self.session.settle(&path, &|| serde_json::Value::Null, result);
        }
        let slot = |picked| Slot {
            session: self.session,
            values: self.values,
            name: &name,
            path: &path,
            rules: self.rules.of_field(field),
            role: Role::Field(self.wanted),
            place: self.values,
            picked,
        };
        let result = seed.deserialize(slot(picked));
        self.session.settle(&path, &|| slot(None).input(), result)
    }
}

/// The entries of a map over a whole place.
pub(super) struct Entries<'a> {
    session: &'a Session,
    values: &'a dyn Values,
    of: &'a Path<'a>,
    of_type: TypeName,
    rules: Rules<'a>,
    rest: std::vec::IntoIter<(Cow<'a, str>, Raws<'a>)>,
    rank: usize,
    gaps: std::vec::IntoIter<&'static str>,
    pending: Option<(Cow<'a, str>, usize, Group<'a>)>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(
        session: &'a Session,
        values: &'a dyn Values,
        (of, of_type): (&'a Path<'a>, TypeName),
        rules: Rules<'a>,
        entries: Vec<(Cow<'a, str>, Raws<'a>)>,
    ) -> Self {
        let gaps = session.gaps(of_type, &std::iter::empty()).into_iter();
        Self { session, values, of, of_type, rules, rest: entries.into_iter(), rank: 0, gaps, pending: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        for (name, values) in self.rest.by_ref() {
            // The error of a key comes before that of its value.
            let key_of = self.of.name(&name, self.rank);
            let key = key_of.name("[key]", 0);
            let rank = self.rank + 1;
            self.rank += 2;
            let path = self.of.name(&name, rank);
            // Entries that the type refuses are left out.
            if self.session.state(&path) != State::Fresh || self.session.state(&key) != State::Fresh {
                continue;
            }
            let raw = Raw::Text(Cow::Borrowed(&*name));
            let text = Text { session: self.session, raw: raw.clone(), path: &key, rules: Rules::None };
            let result = self.session.settle_key(self.of_type, seed.deserialize(text));
            let result = self.session.settle(&key, &|| shown(&raw), result)?;
            self.pending = Some((name, rank, Group { place: self.values.place(), values }));
            return Ok(Some(result));
        }
        // A struct that something is flattened into asks for a map, and may still lack fields of its own.
        let lacks = |field: &&str| !self.values.contains(&self.values.place().key(field));
        let Some(field) = self.gaps.find(lacks) else { return Ok(None) };
        let name = self.values.place().key(field);
        let rank = self.rank;
        self.rank += 1;
        self.pending = Some((name, rank, Group { place: self.values.place(), values: Raws::new() }));
        seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, rank, group)) = self.pending.take() else { return Err(Fault::Noted) };
        let path = self.of.name(&name, rank);
        let slot = Slot {
            session: self.session,
            values: &group,
            name: &name,
            path: &path,
            rules: self.rules.of_field(&name),
            role: Role::Field(&[]),
            place: self.values,
            picked: None,
        };
        match seed.deserialize(slot.clone()) {
            // The error is that of the whole place, which is none of the variants.
            Err(fault @ Fault::Tag { .. }) => Err(fault),
            result => self.session.settle(&path, &|| slot.input(), result),
        }
    }
}

/// Values, with their names if these differ.
pub(super) type NamedRaws<'a> = SmallVec<[(Option<Cow<'a, str>>, Raw<'a>); 4]>;

/// The items of a list or tuple.
pub(super) struct Items<'a> {
    slot: Slot<'a>,
    values: NamedRaws<'a>,
    next: usize,
    /// How many items there must be; `None` for a list, which may have any number.
    len: Option<usize>,
}

impl<'a> Items<'a> {
    pub(super) fn new(slot: Slot<'a>, values: NamedRaws<'a>, len: Option<usize>) -> Self {
        Self { slot, values, next: 0, len }
    }

    /// An item. The first pass gets it by value, because it reports nothing and looks at each item only once.
    fn item(&mut self, index: usize) -> Option<(Option<Cow<'a, str>>, Raw<'a>)> {
        let item = self.values.get_mut(index)?;
        Some(if self.slot.session.is_first() {
            std::mem::replace(item, (None, Raw::Text(Cow::Borrowed(""))))
        } else {
            item.clone()
        })
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let session = self.slot.session;
        while self.next < self.len.unwrap_or(self.values.len()) {
            let index = self.next;
            self.next += 1;
            let item = self.item(index);
            let (name, raw) = item.unzip();
            let path = match name.as_ref().and_then(Option::as_deref) {
                Some(name) => self.slot.path.parent.unwrap_or(self.slot.path).name(name, index),
                None => self.slot.path.index(index),
            };
            let Some(raw) = raw else {
                let all = || self.values.iter().map(|(_, raw)| shown(raw)).collect();
                session.note(&path, flaw::MISSING, &all)?;
                let result = seed.deserialize(session.filling(&path));
                return session.settle(&path, &|| serde_json::Value::Null, result).map(Some);
            };
            let result = match session.state(&path) {
                State::Fresh => {
                    seed.deserialize(Text { session, raw, path: &path, rules: self.slot.rules.of_items() })
                }
                _ if self.len.is_none() => continue,
                _ => seed.deserialize(session.filling(&path)),
            };
            return session.settle(&path, &|| shown(&self.values[index].1), result).map(Some);
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len.unwrap_or(self.values.len()).saturating_sub(self.next))
    }
}
