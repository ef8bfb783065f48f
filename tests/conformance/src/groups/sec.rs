//! `sec`: who the client says it is, and what it may do.

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) fn router() -> Router {
    Router::new("/sec").routes(routes![
        items,
        token,
        users_me,
        scoped_status,
        scoped_me,
        scoped_items,
        basic,
        basic_realm,
        http_bearer,
        http_bearer_optional,
        key_header,
        key_query,
        key_cookie,
    ])
}

struct Login;

impl OAuth2Scheme for Login {
    const TOKEN_URL: &'static str = "sec/token";
    const SCOPES: &'static [(&'static str, &'static str)] = &[("me", "Own data"), ("items", "Read items")];
}

type Bearer = OAuth2PasswordBearer<Login>;

#[derive(Clone, JsonSchema, Serialize)]
struct User {
    username: &'static str,
    email: &'static str,
    disabled: bool,
}

const PEOPLE: [(User, &str); 2] = [
    (User { username: "ann", email: "ann@example.com", disabled: false }, "pw-ann"),
    (User { username: "bob", email: "bob@example.com", disabled: true }, "pw-bob"),
];

fn person(name: &str) -> Option<(User, &'static str)> {
    PEOPLE.into_iter().find(|(user, _)| user.username == name)
}

fn unauthorized(detail: &str, challenge: HeaderValue) -> HttpError {
    HttpError::new(StatusCode::UNAUTHORIZED, detail).header(header::WWW_AUTHENTICATE, challenge)
}

fn inactive() -> HttpError {
    HttpError::new(StatusCode::BAD_REQUEST, "Inactive user")
}

#[get("/items/")]
async fn items(token: Bearer) -> Json<Value> {
    Json(json!({ "token": token.as_str() }))
}

#[post("/token")]
async fn token(form: OAuth2PasswordForm) -> Result<Json<Value>, HttpError> {
    match person(&form.username) {
        Some((user, password)) if form.password.matches(password) => Ok(Json(json!({
            "access_token": user.username,
            "token_type": "bearer",
            "scopes": form.scopes,
        }))),
        _ => Err(HttpError::new(StatusCode::BAD_REQUEST, "Incorrect username or password")),
    }
}

#[dependency]
async fn current_user(token: Bearer) -> Result<User, HttpError> {
    let (user, _) = person(&token).ok_or_else(|| {
        unauthorized("Invalid authentication credentials", HeaderValue::from_static("Bearer"))
    })?;
    Ok(user)
}

#[dependency]
async fn active_user(user: Depends<current_user>) -> Result<User, HttpError> {
    if user.disabled { Err(inactive()) } else { Ok(User::clone(&user)) }
}

#[get("/users/me")]
async fn users_me(user: Depends<active_user>) -> Json<User> {
    Json(User::clone(&user))
}

#[derive(Clone, JsonSchema, Serialize)]
struct ScopedUser {
    #[serde(flatten)]
    user: User,
    required: Vec<&'static str>,
}

// A token is `user:scope,scope`.
#[dependency]
async fn scoped_user(required: SecurityScopes, token: Bearer) -> Result<ScopedUser, HttpError> {
    let (name, granted) = token.split_once(':').unwrap_or((&token, ""));
    let (user, _) =
        person(name).ok_or_else(|| unauthorized("Could not validate credentials", required.challenge()))?;
    if required.iter().all(|scope| granted.split(',').any(|granted| granted == *scope)) {
        Ok(ScopedUser { user, required: required.to_vec() })
    } else {
        Err(unauthorized("Not enough permissions", required.challenge()))
    }
}

#[dependency]
async fn scoped_active(#[param(scopes("me"))] user: Depends<scoped_user>) -> Result<ScopedUser, HttpError> {
    if user.user.disabled { Err(inactive()) } else { Ok(ScopedUser::clone(&user)) }
}

#[get("/scoped/status")]
async fn scoped_status(user: Depends<scoped_user>) -> Json<ScopedUser> {
    Json(ScopedUser::clone(&user))
}

#[get("/scoped/me")]
async fn scoped_me(user: Depends<scoped_active>) -> Json<ScopedUser> {
    Json(ScopedUser::clone(&user))
}

#[get("/scoped/items")]
async fn scoped_items(#[param(scopes("items"))] user: Depends<scoped_active>) -> Json<ScopedUser> {
    Json(ScopedUser::clone(&user))
}

#[get("/basic")]
async fn basic(who: HttpBasic) -> Json<Value> {
    Json(json!({ "username": who.username, "password": who.password.as_str() }))
}

struct Vault;

impl HttpScheme for Vault {
    const REALM: Option<&'static str> = Some("vault");
    const SCHEME_NAME: Option<&'static str> = Some("BasicVault");
}

#[get("/basic-realm")]
async fn basic_realm(who: HttpBasic<Vault>) -> Result<Json<Value>, HttpError> {
    if who.password.matches("swordfish") {
        Ok(Json(json!({ "username": who.username })))
    } else {
        Err(unauthorized("Incorrect username or password", HeaderValue::from_static("Basic")))
    }
}

#[get("/http-bearer")]
async fn http_bearer(bearer: HttpBearer) -> Json<Value> {
    Json(json!({ "scheme": bearer.scheme, "credentials": bearer.credentials.as_str() }))
}

struct OptionalBearer;

impl HttpScheme for OptionalBearer {
    const SCHEME_NAME: Option<&'static str> = Some("OptionalBearer");
}

#[get("/http-bearer-optional")]
async fn http_bearer_optional(bearer: Option<HttpBearer<OptionalBearer>>) -> Json<Value> {
    Json(json!({ "credentials": bearer.map(|bearer| bearer.credentials.into_inner()) }))
}

struct InHeader;

impl ApiKey for InHeader {
    const NAME: &'static str = "X-API-Key";
}

#[get("/key-header")]
async fn key_header(key: ApiKeyHeader<InHeader>) -> Json<Value> {
    Json(json!({ "key": key.as_str() }))
}

struct InQuery;

impl ApiKey for InQuery {
    const NAME: &'static str = "api_key";
}

#[get("/key-query")]
async fn key_query(key: ApiKeyQuery<InQuery>) -> Json<Value> {
    Json(json!({ "key": key.as_str() }))
}

struct InCookie;

impl ApiKey for InCookie {
    const NAME: &'static str = "session_key";
}

#[get("/key-cookie")]
async fn key_cookie(key: ApiKeyCookie<InCookie>) -> Json<Value> {
    Json(json!({ "key": key.as_str() }))
}
