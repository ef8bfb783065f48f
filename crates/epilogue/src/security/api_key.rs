//! Keys that a client sends with every request.

use http::HeaderValue;

use super::scheme::{SchemeKind, SecurityScheme, named};
use super::{Credentials, Secret, Unread, secret_credentials};
use crate::decode::{Raw, Values};
use crate::rejection::Place;
use crate::scope::Scope;

/// Where an API key stands: what [`ApiKeyHeader`], [`ApiKeyQuery`] and `ApiKeyCookie` look up.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Partner;
///
/// impl ApiKey for Partner {
///     const NAME: &'static str = "x-api-key";
/// }
///
/// #[dependency]
/// fn partner(key: ApiKeyHeader<Partner>) -> Result<(), HttpError> {
///     if key.matches("a long random key") { Ok(()) } else { Err(HttpError::new(StatusCode::FORBIDDEN, "wrong key")) }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing about where an API key stands",
    label = "no `ApiKey`",
    note = "write `struct Name;` and `impl ApiKey for Name {{ const NAME: &'static str = \"…\"; }}`, and name it here"
)]
pub trait ApiKey: 'static {
    /// The name of the header, of the query's value or of the cookie.
    const NAME: &'static str;
    /// The name of the scheme in the API's documentation; `APIKeyHeader` and so on unless set.
    const SCHEME_NAME: Option<&'static str> = None;
    /// What the API's documentation says about it.
    const DESCRIPTION: Option<&'static str> = None;
}

/// A type of key for each place.
macro_rules! api_key {
    ($(#[$doc:meta])* $name:ident, $own_name:literal, $place:expr, $values:ident) => {
        secret_credentials!(
            $(#[$doc])*
            $name: ApiKey
        );

        impl<S: ApiKey> Credentials for $name<S> {
            const SCHEME: SecurityScheme = SecurityScheme {
                name: named(S::SCHEME_NAME, $own_name),
                description: S::DESCRIPTION,
                kind: SchemeKind::ApiKey { place: $place, name: S::NAME },
            };

            fn read(scope: &Scope) -> Result<Self, Unread> {
                read(&scope.$values(), S::NAME).map(Self::new)
            }

            fn challenge() -> HeaderValue {
                HeaderValue::from_static("APIKey")
            }
        }
    };
}

fn read(values: &dyn Values, name: &str) -> Result<Secret, Unread> {
    match values.one(name) {
        Some(Raw::Text(key)) if !key.is_empty() => Ok(key.into_owned().into()),
        _ => Err(Unread::Missing),
    }
}

api_key!(
    /// An API key in a header. FastAPI's [`APIKeyHeader`](https://fastapi.tiangolo.com/reference/security/#api-key-security-schemes).
    ///
    /// A request without one gets `401` and `WWW-Authenticate: APIKey`, at this parameter's turn; for `Option<ApiKeyHeader<…>>` it is one
    /// with `None`. It dereferences to a [`Secret`], and that to `str`.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Partner;
    ///
    /// impl ApiKey for Partner {
    ///     const NAME: &'static str = "X-API-Key";
    /// }
    ///
    /// #[dependency]
    /// fn partner(key: ApiKeyHeader<Partner>) -> Result<(), HttpError> {
    ///     if key.matches("a long random key") {
    ///         Ok(())
    ///     } else {
    ///         Err(HttpError::new(StatusCode::FORBIDDEN, "wrong key"))
    ///     }
    /// }
    ///
    /// #[get("/orders", dependencies(partner))]
    /// async fn orders() -> &'static str {
    ///     "[]"
    /// }
    ///
    /// assert!(partner(ApiKeyHeader::new("a long random key")).is_ok());
    /// ```
    ApiKeyHeader, "APIKeyHeader", Place::Header, headers
);

api_key!(
    /// An API key in the query string. FastAPI's `APIKeyQuery`; see [`ApiKeyHeader`].
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Key;
    ///
    /// impl ApiKey for Key {
    ///     const NAME: &'static str = "api_key";
    /// }
    ///
    /// #[get("/feed")]
    /// async fn feed(key: ApiKeyQuery<Key>) -> String {
    ///     format!("a key of {} letters", key.len())
    /// }
    /// ```
    ApiKeyQuery, "APIKeyQuery", Place::Query, query
);

#[cfg(feature = "cookie")]
api_key!(
    /// An API key in a cookie. FastAPI's `APIKeyCookie`; see [`ApiKeyHeader`].
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Session;
    ///
    /// impl ApiKey for Session {
    ///     const NAME: &'static str = "session";
    /// }
    ///
    /// #[get("/")]
    /// async fn index(session: Option<ApiKeyCookie<Session>>) -> &'static str {
    ///     if session.is_some() { "hello again" } else { "hello stranger" }
    /// }
    /// ```
    ApiKeyCookie, "APIKeyCookie", Place::Cookie, cookies
);
