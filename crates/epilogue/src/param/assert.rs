//! What the macros require of the types in a signature. The traits are our own so that the error messages are, too.
//!
//! Each trait is implemented for every type that has the foreign ones. That implementation is never recommended, so rustc reports
//! our trait. None has a supertrait, since rustc would report that instead.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::NonZero;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Param;
use crate::graph::fuel::{HasSource, Whole};
use crate::graph::node::Source;
use crate::scope::Value;

/// What the request can be read as: anything with serde's `Deserialize` that owns its data.
///
/// It is implemented for all of these, so derive `Deserialize`. As the bound of a generic dependency, too, write serde's own:
///
/// ```
/// use epilogue::prelude::*;
/// use serde::de::DeserializeOwned;
///
/// #[dependency]
/// fn key<T: DeserializeOwned + Send + Sync + 'static>(key: Query<T>) -> T {
///     key.into_inner()
/// }
///
/// #[get("/items")]
/// async fn item(key: Depends<key<u64>>) -> String {
///     format!("item {}", *key)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request: it does not implement `Deserialize`",
    label = "no `Deserialize`",
    note = "write `#[derive(serde::Deserialize)]` above it; a type that borrows, such as `&str`, is written as the one that owns: `String`"
)]
pub trait Readable {
    #[doc(hidden)]
    fn from_json(json: &[u8]) -> serde_json::Result<Self>
    where
        Self: Sized;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> Readable for T {
    fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }
}

/// The same, for a type for which the error can suggest another one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request: it does not implement `Deserialize`",
    label = "this is a parameter itself, and not a value that is read",
    note = "write `{Instead}`"
)]
#[doc(hidden)]
pub trait ReadableOr<Instead> {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static, Instead> ReadableOr<Instead> for T {}

/// A parameter, for a type for which the error can suggest another one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not a parameter: nothing says where its value comes from",
    note = "write `{Instead}`"
)]
#[doc(hidden)]
pub trait ParamOr<Instead> {}

#[diagnostic::do_not_recommend]
impl<P: Param, Instead> ParamOr<Instead> for P {}

/// A parameter whose type has the socket's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not a parameter: a request has a socket only under `#[websocket]`",
    note = "write `#[websocket(\"/path\")]` above an async function that takes a `WebSocket`"
)]
#[doc(hidden)]
pub trait SocketParam {}

#[diagnostic::do_not_recommend]
impl<P: Param> SocketParam for P {}

/// A parameter whose type is written like axum's `Extension`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not a parameter: nothing says where its value comes from",
    note = "write `State<{Inner}>` for what `App::state` was given, or `Extract<{Self}>` for what a layer put into the request"
)]
#[doc(hidden)]
pub trait ExtensionParam<Inner> {}

#[diagnostic::do_not_recommend]
impl<P: Param, Inner> ExtensionParam<Inner> for P {}

/// Credentials, which are a parameter if their scheme is described.
macro_rules! credentials {
    ($($name:ident = $note:literal),* $(,)?) => { $(
        #[diagnostic::on_unimplemented(
            message = "`{Self}` is not a parameter: `{Scheme}` does not say what is asked of a client",
            label = "not a scheme",
            note = $note
        )]
        #[doc(hidden)]
        pub trait $name<Scheme> {}

        #[diagnostic::do_not_recommend]
        impl<P: Param, Scheme> $name<Scheme> for P {}
    )* };
}

credentials!(
    ApiKeyParam =
        "implement `ApiKey` for `{Scheme}`, which names the key: `const NAME: &'static str = \"…\";`",
    HttpParam = "implement `HttpScheme` for `{Scheme}`, which names the realm: `const REALM: Option<&'static str> = Some(\"…\");`",
    OAuth2Param = "implement `OAuth2Scheme` for `{Scheme}`, which names where tokens are: `const TOKEN_URL: &'static str = \"…\";`",
    OAuth2CodeParam = "implement `OAuth2Scheme` and `OAuth2CodeScheme` for `{Scheme}`, which name where tokens are and where users log in",
    OpenIdParam = "implement `OpenIdScheme` for `{Scheme}`, which names the provider: `const URL: &'static str = \"…\";`",
);

/// A parameter that holds an axum extractor, whose kind is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter: what it holds is not an axum extractor whose rejection is a reply",
    label = "not an extractor",
    note = "write a type that implements `FromRequestParts<()>` or `FromRequest<()>` of axum; a value of the request is a `Path<…>`, `Query<…>` or `Json<…>`",
    note = "its rejection must be a reply, or turn into one and be `Send + Sync`"
)]
#[doc(hidden)]
pub trait ExtractParam<Via> {
    const SOURCE: Source;
}

#[diagnostic::do_not_recommend]
impl<P: Param<Via>, Via> ExtractParam<Via> for P {
    const SOURCE: Source = <P::Source<Whole> as HasSource>::SOURCE;
}

/// What the `Json` of a reply can hold: anything with serde's `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON: it does not implement `Serialize`",
    label = "no `Serialize`",
    note = "write `#[derive(serde::Serialize)]` above it"
)]
#[doc(hidden)]
pub trait Writable {
    fn to_json(&self) -> serde_json::Result<String>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Writable for T {
    fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// A collection or `Option` of std, which is data if its items are. Other types of the same name are not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what its name says",
    label = "not the type of this name that std has",
    note = "import it under another name"
)]
#[doc(hidden)]
pub trait OfStd {}

impl<T> OfStd for Option<T> {}
impl<T> OfStd for Vec<T> {}
impl<T> OfStd for VecDeque<T> {}
impl<V> OfStd for BTreeMap<String, V> {}
impl<V, S> OfStd for HashMap<String, V, S> {}

/// What a dependency may return, and what [`State`](crate::State) may hold: requests on any thread share it.
///
/// It is implemented for everything that is `Send + Sync + 'static`. What changes is behind a `Mutex` or an atomic:
///
/// ```
/// use epilogue::prelude::*;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[get("/")]
/// async fn index(visits: State<AtomicU64>) -> String {
///     format!("visit number {}", visits.fetch_add(1, Ordering::Relaxed) + 1)
/// }
///
/// let app = App::new().state(AtomicU64::new(0)).routes(routes![index]);
/// # let _ = app;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Send + Sync`, so it cannot be shared between threads",
    label = "requests on other threads see this value too",
    note = "write `Arc` for `Rc`, `Mutex` for `RefCell`, an atomic for `Cell`, `dyn Trait + Send + Sync` for `dyn Trait`, and own what it borrows"
)]
pub trait Shared {
    #[doc(hidden)]
    fn into_shared(self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {
    fn into_shared(self) -> Value {
        Arc::new(self)
    }
}

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

/// The same, for a type that is written like a parameter of a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a `#[task]`: it cannot be cloned, serialised and sent to another thread",
    label = "a parameter of a request, which is gone when the task runs",
    note = "write `{Instead}`"
)]
#[doc(hidden)]
pub trait TaskDataOr<Instead> {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static, Instead> TaskDataOr<Instead> for T {}

/// The same, for a part of a request or of the app that holds no data to suggest instead.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a `#[task]`: it cannot be cloned, serialised and sent to another thread",
    label = "not data, but part of a request or of the app",
    note = "write a `Depends<…>` of an app-scoped dependency, or remove `#[task]` and add the function by `add_task`, which takes any argument"
)]
#[doc(hidden)]
pub trait TaskDataOfRequest {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> TaskDataOfRequest for T {}

/// What `#[param(ge = …, gt = …, le = …, lt = …)]` can limit: a number, or several. Implement it for a type of your own that is
/// read as one.
///
/// ```
/// use epilogue::Number;
/// use epilogue::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Cents(u32);
///
/// impl Number for Cents {}
///
/// #[get("/items")]
/// async fn items(#[param(le = 10_000)] at_most: Query<Cents>) -> String {
///     format!("for at most {} cents", at_most.0.0)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number, so `ge`, `gt`, `le` and `lt` do not limit it",
    label = "not a number",
    note = "write a number type such as `u32`, or `min_length` and `max_length` for a text, or `#[param(fields(name(ge = 1)))]` for the fields of a struct; a type of your own that is read as a number implements `epilogue::Number`"
)]
pub trait Number {}

/// What `#[param(min_length = …, max_length = …, pattern = …)]` can limit: a text, or a list. Implement it for a type of your own
/// that is read as one.
///
/// ```
/// use epilogue::Text;
/// use epilogue::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Name(String);
///
/// impl Text for Name {}
///
/// #[get("/users")]
/// async fn users(#[param(min_length = 3)] name: Query<Name>) -> String {
///     name.into_inner().0
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a text or a list, so `min_length`, `max_length` and `pattern` do not limit it",
    label = "not a text",
    note = "write `String`, or `ge` and `le` for a number, or `#[param(fields(name(min_length = 3)))]` for the fields of a struct; a type of your own that is read as a text implements `epilogue::Text`"
)]
pub trait Text {}

macro_rules! limited {
    ($limit:ident: $($type:ty),* $(,)?) => { $(impl $limit for $type {})* };
}

macro_rules! limited_not_zero {
    ($($int:ty),*) => { $(
        // Otherwise most of the numbers that rustc lists in an error would be these.
        #[diagnostic::do_not_recommend]
        impl Number for NonZero<$int> {}
    )* };
}

limited!(Number: u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
limited_not_zero!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
limited!(Text: String, Box<str>, Arc<str>, std::borrow::Cow<'static, str>, std::path::PathBuf, char);

impl<T: Number> Number for Option<T> {}
impl<T: Number> Number for Box<T> {}
impl<T: Number> Number for Vec<T> {}
impl<T: Number> Number for VecDeque<T> {}
impl<T: Number, S> Number for HashSet<T, S> {}
impl<T: Number> Number for BTreeSet<T> {}

impl<T: Text> Text for Option<T> {}
impl<T> Text for Vec<T> {}
impl<T> Text for VecDeque<T> {}
impl<T, S> Text for HashSet<T, S> {}
impl<T> Text for BTreeSet<T> {}
