//! Parameters: the types that a path function or dependency may take, each of which says where its value comes from.

mod assert;
mod body;
mod extract;
#[cfg(feature = "multipart")]
mod file;
mod json;
mod options;
mod reads;
mod request;
mod shutdown;
mod state;
mod tasks;
mod usable;
mod values;

pub use assert::{
    ApiKeyParam, ExtensionParam, ExtractParam, HttpParam, Number, OAuth2CodeParam, OAuth2Param, OfStd,
    OpenIdParam, ParamOr, Readable, ReadableOr, Shared, SocketParam, TaskData, TaskDataOfRequest, TaskDataOr,
    Text, Writable,
};
pub use extract::{Extract, LeavesStream, TakesStream};
#[cfg(feature = "multipart")]
pub use file::{File, Files};
pub use json::Json;
pub use options::{Bound, ParamOptions};
pub(crate) use reads::Reads;
pub(crate) use request::FromRequestHead;
pub use request::{ClientAddr, RequestParts};
pub use shutdown::Shutdown;
pub use state::{InState, State};
pub use usable::{NotField, Unsourced, Untakeable, Usable};
#[cfg(feature = "cookie")]
pub use values::Cookie;
pub use values::{Form, Header, Path, Query};

use crate::graph::fuel::{Fuel, HasSource};
use crate::rejection::{Invalid, Rejection};
use crate::scope::{Scope, Site};

/// A type that a path function or dependency may take.
///
/// | written | is |
/// | --- | --- |
/// | [`Path<T>`], [`Query<T>`], [`Header<T>`], [`Cookie<T>`] | a value of the request, looked up under the parameter's name without a leading `_` |
/// | [`Json<T>`], [`Form<T>`], `Bytes`, `String` | the body |
/// | [`File<UploadFile>`](File) | a file of a multipart form |
/// | [`Depends<D>`](crate::Depends) | a dependency's output |
/// | [`BackgroundTasks`](crate::BackgroundTasks), [`Reply`](crate::Reply) | the request's one task list, its reply in the making |
/// | [`State<T>`] | what [`App::state`](crate::App::state) was given |
/// | [`HttpBasic`](crate::HttpBasic), [`HttpBearer`](crate::HttpBearer), [`OAuth2PasswordBearer`](crate::OAuth2PasswordBearer), [`ApiKeyHeader`](crate::ApiKeyHeader), … | who the client says it is |
/// | [`RequestParts`], [`ClientAddr`] | the request itself |
/// | [`Shutdown`] | when the server stops |
/// | [`Extract<E>`] | any extractor of the axum ecosystem |
///
/// and `&T` for each of them. `Via` tells apart the two kinds of axum extractors and is always inferred.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Item {
///     name: String,
/// }
///
/// #[put("/items/{id}")]
/// async fn change(
///     id: Path<u64>,
///     #[param(default = false)] dry_run: Query<bool>,
///     user_agent: Header<Option<String>>,
///     item: Json<Item>,
///     tasks: &BackgroundTasks,
/// ) -> String {
///     tasks.add_task(|| println!("an item has changed"), ());
///     format!("{} {} {:?} {}", *id, *dry_run, *user_agent, item.name)
/// }
/// ```
///
/// It is not implemented by hand. A parameter of your own is a [dependency](macro@crate::dependency), or an axum extractor in an
/// [`Extract<E>`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not a parameter: nothing says where its value comes from",
    note = "write `Path<{Self}>`, `Query<{Self}>` or `Json<{Self}>` for a value of the request, `State<{Self}>` if the app was given it, `Depends<{Self}>` if it is a dependency, `Extract<{Self}>` if it is an axum extractor"
)]
pub trait Param<Via = Own>: Sized {
    /// Where the value comes from, as constant data.
    #[doc(hidden)]
    type Source<F: Fuel>: HasSource;

    /// Takes the value out of the request.
    #[doc(hidden)]
    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken>;
}

/// Marks the parameters of our own, which are not axum extractors.
#[doc(hidden)]
#[derive(Debug)]
pub struct Own;

/// A parameter that holds a value of the request, which the options of `#[param(…)]` may limit.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter that holds a value of the request",
    label = "not a `Path`, `Query`, `Header`, `Cookie`, `Form` or `Json` of epilogue",
    note = "write one of these, and import it from epilogue; on other parameters remove `#[param(…)]`"
)]
pub trait Holds {
    type Value;
}

/// A parameter whose value `#[param(default = …)]` may supply.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default: it does not hold a value of the request that may be missing",
    label = "not a `Query`, `Header`, `Cookie`, `Form` or `Json` of epilogue",
    note = "remove `default`, or write `Option<…>` where it may be missing"
)]
pub trait WithValue: Holds + Sized {
    fn from_value(value: Self::Value) -> Self;
    /// Takes the value, or `None` if the request has nothing of it.
    fn take_given(scope: &mut Scope, site: &Site) -> Result<Option<Self>, Untaken>;
}

/// Why parameters of a function have no value.
// In a box, so that the results that may be one are small.
#[doc(hidden)]
#[derive(Debug)]
pub struct Untaken(pub(crate) Box<Reasons>);

#[derive(Debug, Default)]
pub(crate) struct Reasons {
    /// What the request sent and is not valid.
    pub(crate) own: Vec<Invalid>,
    /// The failure of the first dependency that has no output.
    pub(crate) below: Option<Rejection>,
}

impl Untaken {
    #[cold]
    pub(crate) fn invalid(own: Vec<Invalid>) -> Self {
        Self(Box::new(Reasons { own, below: None }))
    }

    #[cold]
    pub(crate) fn failed(below: Rejection) -> Self {
        Self(Box::new(Reasons { own: Vec::new(), below: Some(below) }))
    }
}

/// The source of every parameter of one kind.
macro_rules! described {
    ($(#[$doc:meta])* $name:ident = $source:expr) => {
        $(#[$doc])*
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct $name;

        impl crate::graph::fuel::HasSource for $name {
            const SOURCE: crate::graph::node::Source = $source;
        }
    };
}
pub(crate) use described;

/// What all parameters that wrap a value have in common: it can be taken out, and is reached by `*`.
macro_rules! wrapper {
    ($name:ident) => {
        impl<T> $name<T> {
            /// The value itself.
            pub fn into_inner(self) -> T {
                self.0
            }
        }

        impl<T> std::ops::Deref for $name<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }

        impl<T> std::ops::DerefMut for $name<T> {
            fn deref_mut(&mut self) -> &mut T {
                &mut self.0
            }
        }

        impl<T: serde::Serialize> serde::Serialize for $name<T> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }
    };
}
use wrapper;
