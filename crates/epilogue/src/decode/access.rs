//! What structs, maps, lists, tuples and variants get to see of a JSON body or of a place.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::fault::Fault;
use super::flaw;
use super::node::{Node, Sent};
use super::path::Path;
use super::rules::Rules;
use super::session::{Session, State, TypeName};
use super::values::{Index, NamedRaws, Raw, Values, shown_all};

/// Which of the fields an object or a place has.
pub(super) fn present<'a>(
    object: &'a dyn Values,
    fields: &'static [&'static str],
) -> impl Iterator<Item = &'static str> + Clone + use<'a> {
    fields.iter().copied().filter(move |field| object.contains(&object.place().key(field)))
}

/// The fields of a struct: in the order of the struct, then what else the object has.
pub(super) struct Fields<'a> {
    node: &'a Node<'a>,
    path: &'a Path<'a>,
    object: &'a dyn Values,
    of_type: TypeName,
    gaps: Vec<&'static str>,
    wanted: &'static [&'static str],
    next: usize,
    stage: Stage,
    unknown: Vec<Cow<'a, str>>,
    pending: Option<Pending<'a>>,
}

/// Which fields of a struct are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
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
    field: Cow<'a, str>,
    /// What it is looked up by, if that is not the same.
    name: Option<Cow<'static, str>>,
    rank: usize,
    picked: Option<Raw<'a>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        node: &'a Node<'a>,
        path: &'a Path<'a>,
        of_type: TypeName,
        object: &'a dyn Values,
        fields: &'static [&'static str],
    ) -> Self {
        Self {
            node,
            path,
            object,
            of_type,
            gaps: node.session.gaps(of_type, &present(object, fields)),
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
            let hopeless = self.node.session.state(&self.path.name(field, rank)) == State::Hopeless;
            if hopeless != (self.stage == Stage::Hopeless) {
                continue;
            }
            let name = self.object.place().key(field);
            let picked = self.object.one(&name);
            if picked.is_some() || self.gaps.contains(&field) {
                self.pending = Some(Pending { field: field.into(), name: Some(name), rank, picked });
                return Some(field);
            }
        }
        None
    }

    /// Looks for names that the struct does not have, if that can matter. A struct that denies unknown fields is not shown any.
    fn find_unknown(&mut self) {
        if !self.object.place().tells_unknown() {
            return;
        }
        if self.node.session.is_closed(self.of_type) {
            let groups = Index::new(self.object).groups;
            let unknown = groups.iter().filter(|(name, _)| !self.wanted.contains(&&**name));
            for (i, (name, raws)) in unknown.enumerate() {
                let path = self.path.name(name, self.wanted.len() + i);
                // A struct is known to be strict only from an earlier pass, so this one takes notes as long as there is room.
                let _ = self.node.session.note(&path, flaw::EXTRA, &|| Cow::Owned(shown_all(raws)));
            }
            return;
        }
        let (wanted, unknown) = (self.wanted, &mut self.unknown);
        self.object.each(&mut |name, _| {
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
                let result = self.node.session.settle_key(self.of_type, seed.deserialize(key)).map(Some);
                let rank = self.wanted.len();
                self.pending = Some(Pending { field: name, name: None, rank, picked: None });
                return result;
            }
            self.stage = Stage::Hopeless;
            self.next = if self.node.session.is_first { self.wanted.len() } else { 0 };
        }
        self.declared().map(|field| seed.deserialize(StrDeserializer::<Fault>::new(field))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(Pending { field, name, rank, picked }) = self.pending.take() else {
            return Err(Fault::Noted);
        };
        let session = self.node.session;
        let name = name.as_deref().unwrap_or(&field);
        let path = self.path.name(&field, rank);
        let node = |picked| Node {
            session,
            path: &path,
            rules: self.node.rules.of_field(&field),
            sent: self.node.part(self.object, name, self.wanted, picked),
        };
        session.settle(&path, &|| node(None).input(), node(picked).read(seed))
    }
}

/// The entries of a map: names, each with the value that counts.
pub(super) struct Entries<'a, I> {
    node: &'a Node<'a>,
    path: &'a Path<'a>,
    object: &'a dyn Values,
    rest: I,
    rank: usize,
    gaps: std::vec::IntoIter<&'static str>,
    pending: Option<(Cow<'a, str>, usize, Option<Raw<'a>>)>,
}

impl<'a, 'n: 'a, I: Iterator<Item = (&'n str, Raw<'n>)> + Clone> Entries<'a, I> {
    pub(super) fn new(
        node: &'a Node<'a>,
        path: &'a Path<'a>,
        of_type: TypeName,
        object: &'a dyn Values,
        entries: I,
    ) -> Self {
        let gaps = node.session.gaps(of_type, &entries.clone().map(|(name, _)| name)).into_iter();
        Self { node, path, object, rest: entries, rank: 0, gaps, pending: None }
    }
}

impl<'de, 'a, 'n: 'a, I: Iterator<Item = (&'n str, Raw<'n>)>> MapAccess<'de> for Entries<'a, I> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let session = self.node.session;
        for (name, value) in self.rest.by_ref() {
            // The error of a key comes before that of its value.
            let key_of = self.path.name(name, self.rank);
            let key_path = key_of.name("[key]", 0);
            let rank = self.rank + 1;
            let value_path = self.path.name(name, rank);
            self.rank += 2;
            // Entries that the type refuses are left out.
            if [&value_path, &key_path].iter().any(|path| session.state(path) != State::Fresh) {
                continue;
            }
            // Keys are texts, whatever they stand for.
            let sent = Sent::Raw(Raw::Text(name.into()));
            let key = Node { session, path: &key_path, rules: Rules::None, sent };
            let result = match seed.deserialize(key) {
                Err(Fault::Unknown(_)) if !session.is_first => {
                    return Err(session.left_out(&value_path, flaw::EXTRA, &|| value.shown()));
                }
                result => session.settle(&key_path, &|| Cow::Owned(name.into()), result)?,
            };
            self.pending = Some((name.into(), rank, Some(value)));
            return Ok(Some(result));
        }
        // A struct that something is flattened into asks for a map, and may still lack fields of its own.
        let key = |field| self.object.place().key(field);
        let Some(field) = self.gaps.find(|field| !self.object.contains(&key(field))) else {
            return Ok(None);
        };
        self.pending = Some((key(field), self.rank, None));
        self.rank += 1;
        seed.deserialize(StrDeserializer::<Fault>::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, rank, picked)) = self.pending.take() else { return Err(Fault::Noted) };
        let (session, path) = (self.node.session, self.path.name(&name, rank));
        let node = |picked| Node {
            session,
            path: &path,
            rules: self.node.rules.of_field(&name),
            sent: self.node.part(self.object, &name, &[], picked),
        };
        match seed.deserialize(node(picked)) {
            // The error is that of the whole object, which is none of the variants.
            Err(fault @ (Fault::Tag { .. } | Fault::Untagged(_))) => Err(fault),
            result => session.settle(&path, &|| node(None).input(), result),
        }
    }
}

/// What a list or tuple is made of.
pub(super) enum Listed<'a> {
    Json(&'a [Value]),
    Raws(NamedRaws<'a>),
}

impl<'a> Listed<'a> {
    pub(super) fn of(node: &Node<'a>) -> Option<Self> {
        match &node.sent {
            Sent::Raw(Raw::Json(Value::Array(items))) => Some(Self::Json(items)),
            Sent::Slot(slot) => {
                node.session.is_of_several.set(true);
                Some(Self::Raws(slot.items()))
            }
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Raws(raws) => raws.len(),
        }
    }

    /// An item as errors repeat it: if there is none, the whole list.
    fn input(&self, index: usize) -> Cow<'a, Value> {
        match self {
            Self::Json(items) => match items.get(index) {
                Some(item) => Cow::Borrowed(item),
                None => Cow::Owned(Value::Array(items.to_vec())),
            },
            Self::Raws(raws) => match raws.get(index) {
                Some((_, raw)) => raw.shown(),
                None => Cow::Owned(raws.iter().map(|(_, raw)| raw.shown().into_owned()).collect()),
            },
        }
    }
}

/// The items of a list or tuple.
pub(super) struct Items<'a> {
    node: &'a Node<'a>,
    list: Listed<'a>,
    next: usize,
    /// How many items there must be; `None` for a list, which may have any number.
    len: Option<usize>,
}

impl<'a> Items<'a> {
    pub(super) fn new(node: &'a Node<'a>, list: Listed<'a>, len: Option<usize>) -> Self {
        Self { node, list, next: 0, len }
    }

    /// An item, with its name if it has one. The first pass gets it by value, because it reports nothing and looks at each item only once.
    fn item(&mut self, index: usize) -> Option<(Option<Cow<'a, str>>, Raw<'a>)> {
        match &mut self.list {
            Listed::Json(items) => items.get(index).map(|item| (None, Raw::Json(item))),
            Listed::Raws(raws) if self.node.session.is_first => {
                let taken = (None, Raw::Text(Cow::Borrowed("")));
                raws.get_mut(index).map(|item| std::mem::replace(item, taken))
            }
            Listed::Raws(raws) => raws.get(index).cloned(),
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Node { session, path, rules, .. } = *self.node;
        while self.next < self.len.unwrap_or(self.list.len()) {
            let index = self.next;
            self.next += 1;
            let (name, raw) = self.item(index).unzip();
            let path = match name.as_ref().and_then(Option::as_deref) {
                Some(name) => self.node.place_path().name(name, index),
                None => path.index(index),
            };
            let input = || self.list.input(index);
            let sent = match (raw, &self.node.sent) {
                (Some(raw), _) => Sent::Raw(raw),
                (None, &Sent::Raw(Raw::Json(list))) => Sent::Nothing(Some(list)),
                (None, _) => {
                    session.note(&path, flaw::MISSING, &input)?;
                    let result = seed.deserialize(session.filling(&path));
                    return session.settle(&path, &input, result).map(Some);
                }
            };
            let result = match session.state(&path) {
                State::Fresh => {
                    seed.deserialize(Node { session, path: &path, rules: rules.of_items(), sent })
                }
                _ if self.len.is_none() => continue,
                _ => seed.deserialize(session.filling(&path)),
            };
            return match result {
                Err(Fault::Item) => Err(Fault::List),
                result => session.settle(&path, &input, result).map(Some),
            };
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len.unwrap_or(self.list.len()).saturating_sub(self.next))
    }
}

/// A variant with content: an object whose only key is its name.
pub(super) struct Variant<'a> {
    session: &'a Session,
    path: Path<'a>,
    name: &'a str,
    value: &'a Value,
}

impl<'a> Variant<'a> {
    pub(super) fn new(node: &Node<'a>, name: &'a str, value: &'a Value) -> Self {
        Self { session: node.session, path: node.path.name(name, 0), name, value }
    }

    fn decode<T>(&self, decode: impl FnOnce(Node<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let Self { session, ref path, value, .. } = *self;
        let result = decode(Node { session, path, rules: Rules::None, sent: Sent::Raw(Raw::Json(value)) });
        session.settle(path, &|| Cow::Borrowed(value), result)
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(StrDeserializer::<Fault>::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.decode(|node| <()>::deserialize(node))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.decode(|node| node.read(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.decode(|node| node.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.decode(|node| node.deserialize_struct("", fields, visitor))
    }
}
