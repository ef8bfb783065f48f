use http::HeaderValue;

use super::scheme::{SchemeKind, SecurityScheme, named};
use super::{Authorization, Credentials, Unread, secret_credentials};
use crate::scope::Scope;

/// The provider of an [`OpenIdConnect`] scheme.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Company;
///
/// impl OpenIdScheme for Company {
///     const URL: &'static str = "https://login.example.com/.well-known/openid-configuration";
///     const SCHEME_NAME: Option<&'static str> = Some("company");
/// }
///
/// #[dependency]
/// fn token(authorization: OpenIdConnect<Company>) -> Result<String, HttpError> {
///     let token = authorization.strip_prefix("Bearer ").map(Into::into);
///     token.ok_or_else(|| HttpError::new(StatusCode::UNAUTHORIZED, "Not authenticated"))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing about its OpenID provider",
    label = "no `OpenIdScheme`",
    note = "write `struct Name;` and `impl OpenIdScheme for Name {{ const URL: &'static str = \"…\"; }}`, and name it here"
)]
pub trait OpenIdScheme: 'static {
    /// The URL of the provider's description: `https://…/.well-known/openid-configuration`.
    const URL: &'static str;
    /// The name of the scheme in the API's documentation; `OpenIdConnect` unless set.
    const SCHEME_NAME: Option<&'static str> = None;
    /// What the API's documentation says about it.
    const DESCRIPTION: Option<&'static str> = None;
}

secret_credentials!(
    /// What a client of an OpenID provider sends: the whole `Authorization` header. FastAPI's `OpenIdConnect`.
    ///
    /// A request without the header gets `401` and `WWW-Authenticate: Bearer`, at this parameter's turn; for
    /// `Option<OpenIdConnect<…>>` it is one with `None`. As in FastAPI, what the header says is yours to check.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Company;
    ///
    /// impl OpenIdScheme for Company {
    ///     const URL: &'static str = "https://login.example.com/.well-known/openid-configuration";
    /// }
    ///
    /// #[get("/")]
    /// async fn index(authorization: OpenIdConnect<Company>) -> String {
    ///     format!("{} characters to check", authorization.len())
    /// }
    /// ```
    OpenIdConnect: OpenIdScheme
);

impl<S: OpenIdScheme> Credentials for OpenIdConnect<S> {
    const SCHEME: SecurityScheme = SecurityScheme {
        name: named(S::SCHEME_NAME, "OpenIdConnect"),
        description: S::DESCRIPTION,
        kind: SchemeKind::OpenIdConnect { url: S::URL },
    };

    fn read(scope: &Scope) -> Result<Self, Unread> {
        Authorization::of(scope).map(|authorization| Self::new(authorization.whole)).ok_or(Unread::Missing)
    }

    fn challenge() -> HeaderValue {
        HeaderValue::from_static("Bearer")
    }
}
