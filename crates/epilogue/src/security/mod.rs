//! Security parameters: who the client says it is, read as FastAPI's `fastapi.security` reads it, and the scopes that the
//! dependencies ask for.

mod api_key;
mod form;
mod http_auth;
mod oauth2;
mod open_id;
pub(crate) mod scheme;
mod scopes;
mod secret;

#[cfg(feature = "cookie")]
pub use api_key::ApiKeyCookie;
pub use api_key::{ApiKey, ApiKeyHeader, ApiKeyQuery};
pub use form::OAuth2PasswordForm;
pub use http_auth::{HttpBasic, HttpBearer, HttpDigest, HttpScheme};
pub use oauth2::{OAuth2AuthorizationCodeBearer, OAuth2CodeScheme, OAuth2PasswordBearer, OAuth2Scheme};
pub use open_id::{OpenIdConnect, OpenIdScheme};
pub use scopes::SecurityScopes;
pub use secret::Secret;

use std::marker::PhantomData;

use http::{HeaderValue, StatusCode, header};

use self::scheme::SecurityScheme;
use crate::graph::fuel::HasSource;
use crate::graph::node::Source;
use crate::response::{Failure, HttpError, RaisedError};
use crate::scope::{Running, Scope, Site};

/// Credentials that a request carries, or does not.
#[doc(hidden)]
pub trait Credentials: Sized + Send + 'static {
    const SCHEME: SecurityScheme;

    /// `Missing` also where the request has credentials of another kind.
    fn read(scope: &Scope) -> Result<Self, Unread>;

    /// The `WWW-Authenticate` header that asks for them.
    fn challenge() -> HeaderValue;
}

/// Why there are no credentials.
#[doc(hidden)]
#[derive(Debug)]
pub enum Unread {
    /// The request has none, which is all right for an `Option`.
    Missing,
    /// What it has is broken.
    Malformed,
}

/// The source of a parameter that must have its credentials.
#[doc(hidden)]
#[derive(Debug)]
pub struct Required<C>(PhantomData<C>);

impl<C: Credentials> HasSource for Required<C> {
    const SOURCE: Source = Source::Security { scheme: &C::SCHEME, run: require::<C> };
}

/// The source of an `Option` of credentials.
#[doc(hidden)]
#[derive(Debug)]
pub struct Optional<C>(PhantomData<C>);

impl<C: Credentials> HasSource for Optional<C> {
    const SOURCE: Source = Source::Security { scheme: &C::SCHEME, run: allow::<C> };
}

fn require<C: Credentials>(scope: &mut Scope, _sites: &[Site]) -> Running {
    Running::extracted(C::read(scope).map_err(|_| not_authenticated::<C>()))
}

fn allow<C: Credentials>(scope: &mut Scope, _sites: &[Site]) -> Running {
    Running::extracted(match C::read(scope) {
        Ok(credentials) => Ok(Some(credentials)),
        Err(Unread::Missing) => Ok(None),
        Err(Unread::Malformed) => Err(not_authenticated::<C>()),
    })
}

fn not_authenticated<C: Credentials>() -> Failure {
    HttpError::new(StatusCode::UNAUTHORIZED, "Not authenticated")
        .header(header::WWW_AUTHENTICATE, C::challenge())
        .raise()
}

/// The `Authorization` header, split into its scheme and what follows.
struct Authorization<'r> {
    whole: &'r str,
    scheme: &'r str,
    credentials: &'r str,
}

impl<'r> Authorization<'r> {
    /// `None` if there is no such header, or if it is empty or not text.
    fn of(scope: &'r Scope) -> Option<Self> {
        let whole = scope.header_map().get(header::AUTHORIZATION)?;
        let whole = std::str::from_utf8(whole.as_bytes()).ok().filter(|text| !text.is_empty())?;
        let (scheme, credentials) = whole.split_once(' ').unwrap_or((whole, ""));
        Some(Self { whole, scheme, credentials: credentials.trim() })
    }

    /// The header, if it is of this scheme.
    fn with_scheme(scope: &'r Scope, scheme: &str) -> Result<Self, Unread> {
        Self::of(scope)
            .filter(|authorization| authorization.scheme.eq_ignore_ascii_case(scheme))
            .ok_or(Unread::Missing)
    }
}

/// Makes a type of credentials a parameter, and its `Option` too.
macro_rules! credentials_param {
    (@ $scheme:ident: $param:ty = $source:ty) => {
        #[diagnostic::do_not_recommend]
        impl<S: $scheme> crate::param::Param for $param {
            type Source<F: crate::graph::fuel::Fuel> = $source;

            fn take(
                scope: &mut crate::scope::Scope,
                site: &crate::scope::Site,
            ) -> Result<Self, crate::param::Untaken> {
                scope.extracted(site).map_err(crate::param::Untaken::failed)
            }
        }
    };
    ($($name:ident: $scheme:ident),* $(,)?) => {$(
        crate::security::credentials_param!(@ $scheme: $name<S> = crate::security::Required<$name<S>>);
        crate::security::credentials_param!(@ $scheme: Option<$name<S>> = crate::security::Optional<$name<S>>);
    )*};
}
use credentials_param;

/// Credentials that are one secret text.
macro_rules! secret_credentials {
    ($(#[$doc:meta])* $name:ident: $scheme:ident) => {
        $(#[$doc])*
        pub struct $name<S> {
            secret: crate::security::Secret,
            scheme: std::marker::PhantomData<fn() -> S>,
        }

        impl<S> $name<S> {
            /// Wraps a plain text, for calling a path function or dependency from a test.
            pub fn new(secret: impl Into<crate::security::Secret>) -> Self {
                Self { secret: secret.into(), scheme: std::marker::PhantomData }
            }

            /// The text itself.
            pub fn into_inner(self) -> String {
                self.secret.into_inner()
            }
        }

        impl<S> std::ops::Deref for $name<S> {
            type Target = crate::security::Secret;

            fn deref(&self) -> &crate::security::Secret {
                &self.secret
            }
        }

        impl<S> Clone for $name<S> {
            fn clone(&self) -> Self {
                Self::new(self.secret.clone())
            }
        }

        impl<S> std::fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.secret).finish()
            }
        }

        crate::security::credentials_param!($name: $scheme);
    };
}
use secret_credentials;
