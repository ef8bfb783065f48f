use serde::de::DeserializeOwned;

use super::Secret;
use crate::decode::{self, flaw};
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::param::{Param, Untaken, described};
use crate::rejection::{Invalid, Place};
use crate::scope::{Scope, Site};

/// What a user logs in with: the form of OAuth2's password flow (RFC 6749, section 4.3.2). FastAPI's
/// [`OAuth2PasswordRequestForm`](https://fastapi.tiangolo.com/tutorial/security/simple-oauth2/).
///
/// A form without `username` or `password`, or with a `grant_type` that is not `password`, gets a `422`. As in FastAPI, a form
/// without a `grant_type` passes.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[derive(serde::Serialize)]
/// struct Token {
///     access_token: String,
///     token_type: &'static str,
/// }
///
/// #[post("/token")]
/// async fn token(form: OAuth2PasswordForm) -> Result<Json<Token>, HttpError> {
///     if form.username != "ann" || !form.password.matches("swordfish") {
///         return Err(HttpError::new(StatusCode::BAD_REQUEST, "Incorrect username or password"));
///     }
///     Ok(Json(Token { access_token: "token-of-ann".into(), token_type: "bearer" }))
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert!(token(OAuth2PasswordForm::new("ann", "swordfish")).await.is_ok());
/// # });
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OAuth2PasswordForm {
    /// `password`, where the client says so.
    pub grant_type: Option<String>,
    /// The user's name.
    pub username: String,
    /// The password, which `Debug` does not show.
    pub password: Secret,
    /// The scopes that the client asks for.
    pub scopes: Vec<String>,
    /// The client, where it has a name of its own.
    pub client_id: Option<String>,
    /// And its secret, which `Debug` does not show.
    pub client_secret: Option<Secret>,
}

impl OAuth2PasswordForm {
    /// A form to call a path function with, from a test.
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            grant_type: None,
            username: username.into(),
            password: password.into(),
            scopes: Vec::new(),
            client_id: None,
            client_secret: None,
        }
    }
}

described!(
    /// The form of OAuth2's password flow.
    FromLoginForm = Source::Form
);

#[diagnostic::do_not_recommend]
impl Param for OAuth2PasswordForm {
    type Source<F: Fuel> = FromLoginForm;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        let mut fields = Fields { scope, errors: Vec::new() };
        let grant_type = fields.read::<Option<String>>("grant_type").flatten();
        // Not by `ParamOptions::pattern`: this holds without the feature `pattern` as well.
        if let Some(other) = grant_type.as_deref().filter(|&grant| grant != "password") {
            let loc = vec![Place::Body.as_str().into(), "grant_type".into()];
            fields.errors.push(flaw::pattern_mismatch("^password$").at(loc, other.into()));
        }
        let username = fields.read("username");
        let password = fields.read::<String>("password");
        let scopes = fields.read::<Option<String>>("scope");
        let client_id = fields.read("client_id");
        let client_secret = fields.read::<Option<String>>("client_secret");
        let (Some(username), Some(password), true) = (username, password, fields.errors.is_empty()) else {
            return Err(Untaken::invalid(fields.errors));
        };
        Ok(Self {
            grant_type,
            username,
            password: password.into(),
            scopes: scopes.flatten().unwrap_or_default().split_whitespace().map(Into::into).collect(),
            client_id: client_id.flatten(),
            client_secret: client_secret.flatten().map(Into::into),
        })
    }
}

/// Reads the fields of the form, and collects what is wrong with any of them.
struct Fields<'s> {
    scope: &'s Scope,
    errors: Vec<Invalid>,
}

impl Fields<'_> {
    fn read<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        decode::decode(&self.scope.form(), name, None).map_err(|errors| self.errors.extend(errors)).ok()
    }
}

#[cfg(feature = "openapi")]
mod documented {
    use schemars::json_schema;

    use super::OAuth2PasswordForm;
    use crate::decode::Shape;
    use crate::openapi::{Documented, Lacking, MakeSchema};

    impl Documented<OAuth2PasswordForm> {
        pub const DOCUMENTED_SHAPE: fn() -> Shape = || Shape::Map;
        pub const DOCUMENTED_LACKING: Lacking = |_, _| vec!["username".to_owned(), "password".to_owned()];
        pub const DOCUMENTED_SCHEMA: Option<MakeSchema> = Some(|_| {
            let text = json_schema!({ "type": "string" });
            json_schema!({
                "type": "object",
                "properties": {
                    "grant_type": { "type": "string", "pattern": "^password$" },
                    "username": text,
                    "password": { "type": "string", "format": "password" },
                    "scope": { "type": "string", "default": "" },
                    "client_id": text,
                    "client_secret": { "type": "string", "format": "password" },
                },
                "required": ["username", "password"],
            })
        });
    }
}
