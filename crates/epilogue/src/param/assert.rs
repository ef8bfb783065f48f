//! What the macros ask of the types in a signature, in words of our own: other people's traits have theirs.
//!
//! Each trait holds for all that the foreign ones hold for, by an implementation that is never recommended, so that rustc stops at
//! the trait. None has a supertrait, of which rustc would speak instead.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the request can be read as: anything with serde's `Deserialize` that owns its data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request: it does not implement `Deserialize`",
    label = "no `Deserialize`",
    note = "write `#[derive(serde::Deserialize)]` above it; a type that borrows, such as `&str`, is written as the one that owns: `String`"
)]
pub trait Readable {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> Readable for T {}

/// What the `Json` of a reply can hold: anything with serde's `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON: it does not implement `Serialize`",
    label = "no `Serialize`",
    note = "write `#[derive(serde::Serialize)]` above it"
)]
#[doc(hidden)]
pub trait Writable {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Writable for T {}

/// What a dependency may return, and what [`State`](crate::State) may hold: requests on any thread share it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Send + Sync`, so it cannot be shared between threads",
    label = "requests on other threads see this value too",
    note = "write `Arc` for `Rc`, `Mutex` for `RefCell`, an atomic for `Cell`, and own what it borrows"
)]
pub trait Shared {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {}

/// What may be an argument of a `#[task]`: serde data, which can be written down and read again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a `#[task]`: it cannot be cloned, serialised and sent to another thread",
    label = "not data",
    note = "write `#[derive(serde::Serialize, serde::Deserialize, Clone)]` above it; what cannot be written down, such as a connection, is left to a `Depends<…>` or to `add_task`"
)]
#[doc(hidden)]
pub trait TaskData {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> TaskData for T {}

/// What `#[param(ge = …, gt = …, le = …, lt = …)]` can limit: a number, or several. Implement it for a type of your own that is
/// read as one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number, so `ge`, `gt`, `le` and `lt` do not limit it",
    label = "not a number",
    note = "write a number type such as `u32`, or `min_length` and `max_length` for a text; a type of your own that is read as a number implements `epilogue::Number`"
)]
pub trait Number {}

/// What `#[param(min_length = …, max_length = …, pattern = …)]` can limit: a text, or a list. Implement it for a type of your own
/// that is read as one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a text or a list, so `min_length`, `max_length` and `pattern` do not limit it",
    label = "not a text",
    note = "write `String`, or `ge` and `le` for a number; a type of your own that is read as a text implements `epilogue::Text`"
)]
pub trait Text {}

macro_rules! limited {
    ($limit:ident: $($type:ty),* $(,)?) => { $(impl $limit for $type {})* };
}

limited!(Number: u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
limited!(Text: String, Box<str>, std::sync::Arc<str>, std::borrow::Cow<'static, str>, std::path::PathBuf, char);

macro_rules! limited_within {
    ($($within:ident),*) => { $(
        impl<T: Number> Number for $within<T> {}
    )* };
}

limited_within!(Option, Box, Vec, VecDeque, BTreeSet);

impl<T: Number, S> Number for HashSet<T, S> {}

#[diagnostic::do_not_recommend]
#[cfg(feature = "multipart")]
impl<T> super::Holds for super::File<T> {
    type Value = T;
}

impl<T: Text> Text for Option<T> {}
impl<T> Text for Vec<T> {}
impl<T> Text for VecDeque<T> {}
impl<T, S> Text for HashSet<T, S> {}
impl<T> Text for BTreeSet<T> {}
