use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::HeaderValue;

use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::param::{Param, Untaken, described};
use crate::scope::{Scope, Site};

/// The scopes that are required of the client here. FastAPI's
/// [`SecurityScopes`](https://fastapi.tiangolo.com/advanced/security/oauth2-scopes/).
///
/// A parameter that depends on something says which scopes it requires: `#[param(scopes("me"))]`. Scopes add up along
/// the chain: a dependency sees those of all parameters that lead to it. Each is listed once, beginning with those of
/// the path function. A dependency that asks for the scopes, itself or through others, runs once per request for each
/// set of them. Every other one runs once, as always.
///
/// It dereferences to the list. Your code decides what the client was granted, and whether that is enough.
///
/// ```
/// use epilogue::prelude::*;
///
/// struct Login;
///
/// impl OAuth2Scheme for Login {
///     const TOKEN_URL: &'static str = "token";
///     const SCOPES: &'static [(&'static str, &'static str)] = &[("me", "Own data"), ("items", "Read items")];
/// }
///
/// /// What the token of this request allows.
/// #[dependency]
/// fn granted(token: OAuth2PasswordBearer<Login>) -> Vec<String> {
///     token.split(',').map(Into::into).collect()
/// }
///
/// #[dependency]
/// fn allowed(required: SecurityScopes, granted: Depends<granted>) -> Result<(), HttpError> {
///     if required.iter().all(|scope| granted.iter().any(|granted| granted == scope)) {
///         return Ok(());
///     }
///     Err(HttpError::new(StatusCode::UNAUTHORIZED, "Not enough permissions")
///         .header(header::WWW_AUTHENTICATE, required.challenge()))
/// }
///
/// #[dependency]
/// fn user(#[param(scopes("me"))] _allowed: Depends<allowed>) -> String {
///     "ann".into()
/// }
///
/// // Requires `items`, and `me` below that.
/// #[get("/items")]
/// async fn items(#[param(scopes("items"))] user: Depends<user>) -> String {
///     format!("the items of {}", *user)
/// }
///
/// let granted = || Depends::new(vec![String::from("me")]);
/// assert!(allowed(SecurityScopes::new(&["me"]), granted()).is_ok());
/// assert!(allowed(SecurityScopes::new(&["items", "me"]), granted()).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecurityScopes(Arc<[&'static str]>);

impl SecurityScopes {
    /// Scopes to call a dependency with, from a test.
    pub fn new(scopes: &[&'static str]) -> Self {
        Self(scopes.into())
    }

    /// All of them in one text, separated by spaces, as OAuth2 writes them.
    pub fn scope_str(&self) -> String {
        self.0.join(" ")
    }

    /// The `WWW-Authenticate` header that asks for a token with these scopes (RFC 6750, section 3): `Bearer scope="me items"`, or `Bearer`
    /// where none is required.
    pub fn challenge(&self) -> HeaderValue {
        if self.0.is_empty() {
            return HeaderValue::from_static("Bearer");
        }
        let challenge = format!("Bearer scope=\"{}\"", self.scope_str());
        // The macros accept only scopes that a header can carry; a test may have made others.
        HeaderValue::from_bytes(challenge.as_bytes()).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

impl Deref for SecurityScopes {
    type Target = [&'static str];

    fn deref(&self) -> &[&'static str] {
        &self.0
    }
}

impl fmt::Debug for SecurityScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecurityScopes").field(&&*self.0).finish()
    }
}

described!(
    /// The scopes along the chain.
    FromChain = Source::SecurityScopes
);

#[diagnostic::do_not_recommend]
impl Param for SecurityScopes {
    type Source<F: Fuel> = FromChain;

    fn take(scope: &mut Scope, site: &Site) -> Result<Self, Untaken> {
        Ok(scope.security_scopes(site))
    }
}
