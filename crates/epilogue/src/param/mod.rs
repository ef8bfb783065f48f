//! Parameters: the types that a path function or dependency may take, each of which says where its value comes from.

mod body;
mod extract;
mod file;
mod options;
mod request;
mod shared;
mod state;
mod values;

pub use body::{Form, Json};
pub use extract::{Extract, LeavesStream, TakesStream};
pub use file::File;
pub use options::{Bound, ParamOptions};
pub use request::{ClientAddr, RequestParts};
pub use state::State;
pub use values::{Cookie, Header, Path, Query};

use crate::graph::fuel::{Described, Fuel};
use crate::rejection::{Invalid, Rejection};
use crate::scope::{Scope, Site};

/// A type that a path function or dependency may take.
///
/// | written | is |
/// | --- | --- |
/// | [`Path<T>`], [`Query<T>`], [`Header<T>`], [`Cookie<T>`] | a value of the request, looked up under the parameter's name |
/// | [`Json<T>`], [`Form<T>`], `Bytes`, `String` | the body |
/// | [`File<UploadFile>`](File) | a file of a multipart form |
/// | [`Depends<D>`](crate::Depends) | a dependency's output |
/// | [`BackgroundTasks`](crate::BackgroundTasks), [`Reply`](crate::Reply) | the request's one task list, its reply in the making |
/// | [`State<T>`] | what [`App::state`](crate::App::state) was given |
/// | [`HttpBasic`](crate::HttpBasic), [`HttpBearer`](crate::HttpBearer), [`OAuth2PasswordBearer`](crate::OAuth2PasswordBearer), [`ApiKeyHeader`](crate::ApiKeyHeader), … | who the client says it is |
/// | [`RequestParts`], [`ClientAddr`] | the request itself |
/// | [`Extract<E>`] | any extractor of the axum ecosystem |
///
/// and `&T` for each of them. `Via` tells apart the two kinds of axum extractors and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter",
    label = "not a parameter: nothing says where its value comes from",
    note = "write `Path<…>`, `Query<…>`, `Header<…>`, `Json<…>` for a value of the request, `Depends<…>` for a dependency's output, `Extract<…>` for an axum extractor"
)]
pub trait Param<Via = Own>: Sized {
    /// Where the value comes from, as constant data.
    #[doc(hidden)]
    type Source<F: Fuel>: Described;

    /// Takes the value out of the request.
    #[doc(hidden)]
    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken>;
}

/// A parameter of our own, no axum extractor.
#[doc(hidden)]
#[derive(Debug)]
pub struct Own;

/// A parameter that holds one value, which `#[param(default = …)]` may supply.
#[doc(hidden)]
pub trait WithValue: Param {
    type Value;
    fn from_value(value: Self::Value) -> Self;
    /// Whether the request has anything under the parameter's name.
    fn is_given(scope: &Scope, site: &Site) -> bool;
}

/// Why a parameter has no value.
#[doc(hidden)]
#[derive(Debug)]
pub enum Untaken {
    /// What the request sent is not valid.
    Invalid(Vec<Invalid>),
    /// The dependency that it holds failed.
    Failed(Rejection),
}

/// The source of every parameter of one kind.
macro_rules! described {
    ($(#[$doc:meta])* $name:ident = $source:expr) => {
        $(#[$doc])*
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct $name;

        impl crate::graph::fuel::Described for $name {
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
    };
}
use wrapper;
