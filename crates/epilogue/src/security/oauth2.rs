//! Tokens that an OAuth2 flow hands out.

use http::HeaderValue;

use super::scheme::{OAuth2Flow, SchemeKind, SecurityScheme, named};
use super::{Authorization, Credentials, Unread, secret_credentials};
use crate::scope::Scope;

/// Where a client gets its tokens: what [`OAuth2PasswordBearer`] and [`OAuth2AuthorizationCodeBearer`] document.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Login;
///
/// impl OAuth2Scheme for Login {
///     const TOKEN_URL: &'static str = "token";
///     const SCOPES: &'static [(&'static str, &'static str)] = &[("items", "Read items")];
/// }
///
/// #[dependency]
/// async fn user(token: OAuth2PasswordBearer<Login>) -> Result<String, HttpError> {
///     let name = token.strip_prefix("token-of-").map(Into::into);
///     name.ok_or_else(|| HttpError::new(StatusCode::UNAUTHORIZED, "Invalid authentication credentials"))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing about where a client gets its tokens",
    label = "no `OAuth2Scheme`",
    note = "write `struct Name;` and `impl OAuth2Scheme for Name {{ const TOKEN_URL: &'static str = \"…\"; }}`, and name it here"
)]
pub trait OAuth2Scheme: 'static {
    /// The URL that hands out tokens, relative to the API or whole.
    const TOKEN_URL: &'static str;
    /// The URL that renews them.
    const REFRESH_URL: Option<&'static str> = None;
    /// The scopes that a client may ask for, each with what it means.
    const SCOPES: &'static [(&'static str, &'static str)] = &[];
    /// The name of the scheme in the API's documentation; the name of the parameter's type unless set.
    const SCHEME_NAME: Option<&'static str> = None;
    /// What the API's documentation says about it.
    const DESCRIPTION: Option<&'static str> = None;
}

/// An [`OAuth2Scheme`] whose users log in elsewhere, and come back with a code: what [`OAuth2AuthorizationCodeBearer`] documents.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Company;
///
/// impl OAuth2Scheme for Company {
///     const TOKEN_URL: &'static str = "https://login.example.com/token";
/// }
///
/// impl OAuth2CodeScheme for Company {
///     const AUTHORIZATION_URL: &'static str = "https://login.example.com/authorize";
/// }
///
/// #[dependency]
/// fn claims(token: OAuth2AuthorizationCodeBearer<Company>) -> Result<String, HttpError> {
///     let claims = token.split('.').nth(1).map(Into::into); // verify the signature, too
///     claims.ok_or_else(|| HttpError::new(StatusCode::UNAUTHORIZED, "not a JWT"))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nothing about where users log in",
    label = "no `OAuth2CodeScheme`",
    note = "write `struct Name;` and `impl OAuth2CodeScheme for Name {{ const AUTHORIZATION_URL: &'static str = \"…\"; }}`, and name it here"
)]
pub trait OAuth2CodeScheme: OAuth2Scheme {
    /// The URL where users log in.
    const AUTHORIZATION_URL: &'static str;
}

/// A type of token for each flow.
macro_rules! oauth2 {
    ($(#[$doc:meta])* $name:ident: $scheme:ident, $authorization_url:expr) => {
        secret_credentials!(
            $(#[$doc])*
            $name: $scheme
        );

        impl<S: $scheme> Credentials for $name<S> {
            const SCHEME: SecurityScheme = SecurityScheme {
                name: named(S::SCHEME_NAME, stringify!($name)),
                description: S::DESCRIPTION,
                kind: SchemeKind::OAuth2(OAuth2Flow {
                    authorization_url: $authorization_url,
                    token_url: S::TOKEN_URL,
                    refresh_url: S::REFRESH_URL,
                    scopes: S::SCOPES,
                }),
            };

            // As in FastAPI, the word `Bearer` alone is an empty token; whoever checks tokens will refuse it.
            fn read(scope: &Scope) -> Result<Self, Unread> {
                Ok(Self::new(Authorization::with_scheme(scope, "bearer")?.credentials))
            }

            fn challenge() -> HeaderValue {
                HeaderValue::from_static("Bearer")
            }
        }
    };
}

oauth2!(
    /// The token of a user who logged in with a password: `Authorization: Bearer …`. FastAPI's
    /// [`OAuth2PasswordBearer`](https://fastapi.tiangolo.com/tutorial/security/first-steps/).
    ///
    /// A request without one gets `401` and `WWW-Authenticate: Bearer`, at this parameter's turn; for
    /// `Option<OAuth2PasswordBearer<…>>` it is one with `None`. It dereferences to a [`Secret`](crate::Secret), and that to `str`.
    /// What the token is worth is yours to find out. [`OAuth2PasswordForm`](crate::OAuth2PasswordForm) takes what users log in with.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Login;
    ///
    /// impl OAuth2Scheme for Login {
    ///     const TOKEN_URL: &'static str = "token";
    ///     const SCOPES: &'static [(&'static str, &'static str)] = &[("items", "Read items")];
    /// }
    ///
    /// #[dependency]
    /// async fn user(token: OAuth2PasswordBearer<Login>) -> Result<String, HttpError> {
    ///     match token.strip_prefix("token-of-") {
    ///         Some(user) => Ok(user.into()),
    ///         None => Err(HttpError::new(StatusCode::UNAUTHORIZED, "Invalid authentication credentials")
    ///             .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
    ///     }
    /// }
    ///
    /// #[get("/me")]
    /// async fn me(user: Depends<user>) -> String {
    ///     user.to_string()
    /// }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// assert_eq!(user(OAuth2PasswordBearer::new("token-of-ann")).await.unwrap(), "ann");
    /// # });
    /// ```
    OAuth2PasswordBearer: OAuth2Scheme, None
);

oauth2!(
    /// The token of a user who logged in elsewhere: `Authorization: Bearer …`. FastAPI's `OAuth2AuthorizationCodeBearer`.
    ///
    /// It reads what [`OAuth2PasswordBearer`] reads.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// struct Company;
    ///
    /// impl OAuth2Scheme for Company {
    ///     const TOKEN_URL: &'static str = "https://login.example.com/token";
    /// }
    ///
    /// impl OAuth2CodeScheme for Company {
    ///     const AUTHORIZATION_URL: &'static str = "https://login.example.com/authorize";
    /// }
    ///
    /// #[get("/")]
    /// async fn index(token: OAuth2AuthorizationCodeBearer<Company>) -> String {
    ///     format!("a token of {} letters", token.len())
    /// }
    /// ```
    OAuth2AuthorizationCodeBearer: OAuth2CodeScheme, Some(S::AUTHORIZATION_URL)
);
