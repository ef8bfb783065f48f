//! Parameters that hold a value from one place in the request: path, query, headers, cookies or form.

use std::fmt;

use serde::de::DeserializeOwned;

use super::{Holds, Param, Untaken, WithValue, described, wrapper};
use crate::decode;
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::rejection::Place;
use crate::scope::{Scope, Site};

/// Defines the parameter type for one place in the request.
macro_rules! value_param {
    ($(#[$doc:meta])* $name:ident, $from:ident = $source:expr, |$scope:ident, $site:pat_param| $values:expr) => {
        described!(
            /// Values of one place.
            $from = $source
        );

        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name<T>(pub T);

        wrapper!($name);

        impl<T: fmt::Display> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: DeserializeOwned + 'static> Param for $name<T> {
            type Source<F: Fuel> = $from;

            fn take($scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
                let $site = site;
                decode::decode(&$values, site.key(), site.limits())
                    .map(Self)
                    .map_err(Untaken::invalid)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T> Holds for $name<T> {
            type Value = T;
        }

        #[diagnostic::do_not_recommend]
        impl<T: DeserializeOwned + 'static> WithValue for $name<T> {
            fn from_value(value: T) -> Self {
                Self(value)
            }

            // Only the type knows whether it is a struct, and a struct counts as given if any of its fields is.
            fn take_given(scope: &mut Scope, site: &Site) -> Result<Option<Self>, Untaken> {
                $name::<Option<T>>::take(scope, site).map(|given| given.0.map(Self))
            }
        }
    };
}

value_param!(
    /// A segment of the path, percent-decoded: the template's `{name}`.
    ///
    /// A struct takes the segments that its fields name, a tuple all of them in order. FastAPI's
    /// [`Path`](https://fastapi.tiangolo.com/tutorial/path-params/).
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("/users/{user}/items/{item}")]
    /// async fn item(user: Path<String>, item: Path<u64>) -> String {
    ///     format!("item {} of {}", *item, *user)
    /// }
    ///
    /// #[get("/files/{*file}")] // all that follows, slashes included
    /// async fn file(file: Path<String>) -> String {
    ///     file.into_inner()
    /// }
    /// ```
    Path, FromPath = Source::Value(Place::Path), |scope, _| scope.captures()
);

value_param!(
    /// A value of the query string; an `Option` may be missing, a `Vec` takes the values of a repeated name, and a struct the
    /// whole query. FastAPI's [`Query`](https://fastapi.tiangolo.com/tutorial/query-params/).
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Page {
    ///     skip: u64,
    ///     limit: u64,
    /// }
    ///
    /// #[get("/items")]
    /// async fn items(q: Query<Option<String>>, tag: Query<Vec<String>>, page: Query<Page>) -> String {
    ///     format!("{:?} {:?} {} {}", *q, *tag, page.skip, page.limit)
    /// }
    ///
    /// #[get("/search")]
    /// async fn search(#[param(default = 10, ge = 1, le = 100)] limit: Query<u32>) -> String {
    ///     limit.to_string()
    /// }
    /// ```
    Query, FromQuery = Source::Value(Place::Query), |scope, _| scope.query()
);

value_param!(
    /// A header, looked up under the parameter's name with hyphens for underscores. FastAPI's
    /// [`Header`](https://fastapi.tiangolo.com/tutorial/header-params/).
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("/")]
    /// async fn index(user_agent: Header<Option<String>>) -> String {
    ///     user_agent.into_inner().unwrap_or_default()
    /// }
    /// ```
    Header, FromHeaders = Source::Value(Place::Header), |scope, site| scope.headers_of(site)
);

#[cfg(feature = "cookie")]
value_param!(
    /// A cookie. FastAPI's [`Cookie`](https://fastapi.tiangolo.com/tutorial/cookie-params/).
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("/")]
    /// async fn index(session: Cookie<Option<String>>) -> String {
    ///     session.into_inner().unwrap_or_default()
    /// }
    /// ```
    Cookie, FromCookies = Source::Value(Place::Cookie), |scope, _| scope.cookies()
);

value_param!(
    /// A form: a field, the values of a repeated field, or the whole form as a struct. FastAPI's
    /// [`Form`](https://fastapi.tiangolo.com/tutorial/request-forms/).
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("/login")]
    /// async fn login(username: Form<String>, password: Form<String>) -> String {
    ///     format!("{} with {} letters", *username, password.len())
    /// }
    /// ```
    Form, FromForm = Source::Form, |scope, _| scope.form()
);
