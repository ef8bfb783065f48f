//! The schemes of the `Authorization` header itself: Basic, Bearer, Digest.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::scheme::{SchemeKind, SecurityScheme, named};
use super::secret::same;
use super::{Authorization, Credentials, Secret, Unread, credentials_param};
use crate::scope::Scope;

/// What an [`HttpBasic`], [`HttpBearer`] or [`HttpDigest`] scheme is called. Without one (`HttpBasic`) nothing is set.
///
/// ```
/// use epilogue::HttpScheme;
/// use epilogue::prelude::*;
///
/// struct Vault;
///
/// impl HttpScheme for Vault {
///     const REALM: Option<&'static str> = Some("vault");
/// }
///
/// // Without credentials: 401 with `WWW-Authenticate: Basic realm="vault"`.
/// #[get("/vault")]
/// async fn vault(who: HttpBasic<Vault>) -> String {
///     format!("hello {}", who.username)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing about a scheme of the `Authorization` header",
    label = "no `HttpScheme`",
    note = "write `struct Name;` and `impl HttpScheme for Name {{ const REALM: Option<&'static str> = Some(\"…\"); }}`, and name it here"
)]
pub trait HttpScheme: 'static {
    /// The realm that the challenge of [`HttpBasic`] names; a browser shows it.
    const REALM: Option<&'static str> = None;
    /// The name of the scheme in the API's documentation; `HTTPBasic` and so on unless set.
    const SCHEME_NAME: Option<&'static str> = None;
    /// What the API's documentation says about it.
    const DESCRIPTION: Option<&'static str> = None;
    /// What the tokens of [`HttpBearer`] look like, for the API's documentation: `JWT`.
    const BEARER_FORMAT: Option<&'static str> = None;
}

impl HttpScheme for () {}

/// A user name and password: `Authorization: Basic …` (RFC 7617). FastAPI's
/// [`HTTPBasic`](https://fastapi.tiangolo.com/advanced/security/http-basic-auth/).
///
/// A request without them, or with broken ones, gets `401` and `WWW-Authenticate: Basic`, at this parameter's turn. An
/// `Option<HttpBasic>` is `None` for a request without them; broken ones are still refused. As in FastAPI, they are ASCII.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[dependency]
/// fn admin(who: HttpBasic) -> Result<String, HttpError> {
///     if who.matches("admin", "swordfish") {
///         return Ok(who.username);
///     }
///     let challenge = HeaderValue::from_static("Basic");
///     Err(HttpError::new(StatusCode::UNAUTHORIZED, "Incorrect username or password")
///         .header(header::WWW_AUTHENTICATE, challenge))
/// }
///
/// assert!(admin(HttpBasic::new("admin", "swordfish")).is_ok());
/// assert!(admin(HttpBasic::new("admin", "guess")).is_err());
/// ```
#[doc(alias = "HTTPBasicCredentials")]
pub struct HttpBasic<S = ()> {
    /// The user's name.
    pub username: String,
    /// The password, which `Debug` does not show.
    pub password: Secret,
    scheme: PhantomData<fn() -> S>,
}

impl<S> HttpBasic<S> {
    /// Credentials to call a path function or dependency with, from a test.
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: username.into(), password: password.into(), scheme: PhantomData }
    }

    /// Whether both are right. The time that this takes does not tell which one is wrong.
    pub fn matches(&self, username: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> bool {
        // `&` and not `&&`: the password is compared whatever the name.
        same(&self.username, username) & self.password.matches(password)
    }
}

impl<S> Clone for HttpBasic<S> {
    fn clone(&self) -> Self {
        Self::new(self.username.clone(), self.password.clone())
    }
}

impl<S> fmt::Debug for HttpBasic<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBasic")
            .field("username", &self.username)
            .field("password", &self.password)
            .finish()
    }
}

impl<S: HttpScheme> Credentials for HttpBasic<S> {
    const SCHEME: SecurityScheme = SecurityScheme {
        name: named(S::SCHEME_NAME, "HTTPBasic"),
        description: S::DESCRIPTION,
        kind: SchemeKind::Http { scheme: "basic", bearer_format: None },
    };

    fn read(scope: &Scope) -> Result<Self, Unread> {
        let authorization = Authorization::with_scheme(scope, "basic")?;
        let decoded = STANDARD.decode(authorization.credentials).ok().filter(|bytes| bytes.is_ascii());
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Unread::Malformed)?;
        let (username, password) = text.split_once(':').ok_or(Unread::Malformed)?;
        Ok(Self::new(username, password))
    }

    fn challenge() -> HeaderValue {
        let Some(realm) = S::REALM else { return HeaderValue::from_static("Basic") };
        let quoted = realm.replace('\\', r"\\").replace('"', r#"\""#);
        HeaderValue::try_from(format!("Basic realm=\"{quoted}\"")).unwrap_or_else(|error| {
            tracing::error!(realm, %error, "the realm is not a valid header value and was left out");
            HeaderValue::from_static("Basic")
        })
    }
}

/// Credentials that are a scheme and what follows it.
macro_rules! http_credentials {
    ($(#[$doc:meta])* $name:ident, $scheme:literal, $word:literal, $own_name:literal, $format:expr) => {
        $(#[$doc])*
        pub struct $name<S = ()> {
            /// The word before the credentials, as the client wrote it.
            pub scheme: String,
            /// What follows it, which `Debug` does not show.
            pub credentials: Secret,
            marker: PhantomData<fn() -> S>,
        }

        impl<S> $name<S> {
            /// Credentials to call a path function or dependency with, from a test.
            pub fn new(credentials: impl Into<Secret>) -> Self {
                Self { scheme: $word.into(), credentials: credentials.into(), marker: PhantomData }
            }

            /// Whether the credentials are these. The time it takes depends on the lengths only.
            pub fn matches(&self, expected: impl AsRef<[u8]>) -> bool {
                self.credentials.matches(expected)
            }
        }

        impl<S> Clone for $name<S> {
            fn clone(&self) -> Self {
                Self { scheme: self.scheme.clone(), ..Self::new(self.credentials.clone()) }
            }
        }

        impl<S> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("scheme", &self.scheme)
                    .field("credentials", &self.credentials)
                    .finish()
            }
        }

        impl<S: HttpScheme> Credentials for $name<S> {
            const SCHEME: SecurityScheme = SecurityScheme {
                name: named(S::SCHEME_NAME, $own_name),
                description: S::DESCRIPTION,
                kind: SchemeKind::Http { scheme: $scheme, bearer_format: $format },
            };

            fn read(scope: &Scope) -> Result<Self, Unread> {
                let Authorization { scheme, credentials, .. } = Authorization::with_scheme(scope, $scheme)?;
                if credentials.is_empty() {
                    return Err(Unread::Missing);
                }
                Ok(Self { scheme: scheme.into(), ..Self::new(credentials) })
            }

            fn challenge() -> HeaderValue {
                HeaderValue::from_static($word)
            }
        }
    };
}

http_credentials!(
    /// A token: `Authorization: Bearer …` (RFC 6750). FastAPI's `HTTPBearer`.
    ///
    /// A request without one gets `401` and `WWW-Authenticate: Bearer`, at this parameter's turn; an `Option<HttpBearer>` is then
    /// `None`. [`OAuth2PasswordBearer`](crate::OAuth2PasswordBearer) reads the same header and documents where tokens come from.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("/metrics")]
    /// async fn metrics(bearer: HttpBearer) -> Result<&'static str, HttpError> {
    ///     if bearer.matches("a long random token") {
    ///         Ok("up 1")
    ///     } else {
    ///         Err(HttpError::new(StatusCode::FORBIDDEN, "wrong token"))
    ///     }
    /// }
    ///
    /// #[get("/")]
    /// async fn index(bearer: Option<HttpBearer>) -> &'static str {
    ///     if bearer.is_some() { "hello again" } else { "hello stranger" }
    /// }
    /// ```
    HttpBearer, "bearer", "Bearer", "HTTPBearer", S::BEARER_FORMAT
);

http_credentials!(
    /// What a client sends for Digest authentication: `Authorization: Digest …` (RFC 7616). FastAPI's `HTTPDigest`.
    ///
    /// As in FastAPI, the digest itself is yours to check.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[get("/")]
    /// async fn index(digest: HttpDigest) -> String {
    ///     format!("{} characters to check", digest.credentials.len())
    /// }
    /// ```
    HttpDigest, "digest", "Digest", "HTTPDigest", None
);

credentials_param!(HttpBasic: HttpScheme, HttpBearer: HttpScheme, HttpDigest: HttpScheme);
