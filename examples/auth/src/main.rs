//! A user logs in with a password, gets a token for some scopes, and sends it with every request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use epilogue::prelude::*;
use rand::distr::{Alphanumeric, SampleString};
use serde::Serialize;

struct Login;

impl OAuth2Scheme for Login {
    const TOKEN_URL: &'static str = "token";
    const SCOPES: &'static [(&'static str, &'static str)] =
        &[("me", "Read who you are"), ("items", "Read your items")];
}

#[derive(Clone, Copy, Serialize)]
struct User {
    name: &'static str,
    #[serde(skip)]
    password: &'static str, // yours is a hash, in a database
    #[serde(skip)]
    may: &'static [&'static str],
    disabled: bool,
}

static USERS: [User; 2] = [
    User { name: "ann", password: "swordfish", may: &["me", "items"], disabled: false },
    User { name: "bob", password: "12345", may: &["me"], disabled: true },
];

struct Session {
    user: User,
    scopes: Vec<String>,
}

/// Who a token was given to, and for what.
type Sessions = Mutex<HashMap<String, Session>>;

#[dependency(scope = "app")]
fn sessions() -> Sessions {
    Sessions::default()
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    scope: String,
}

#[post("/token")]
async fn log_in(form: OAuth2PasswordForm, sessions: Depends<sessions>) -> Result<Json<Granted>, HttpError> {
    let user = USERS.iter().find(|user| user.name == form.username);
    let Some(user) = user.filter(|user| form.password.matches(user.password)) else {
        return Err(HttpError::new(StatusCode::BAD_REQUEST, "Incorrect username or password"));
    };
    let scopes: Vec<String> =
        form.scopes.iter().filter(|scope| user.may.contains(&scope.as_str())).cloned().collect();
    let granted = Granted {
        access_token: Alphanumeric.sample_string(&mut rand::rng(), 32),
        token_type: "bearer",
        scope: scopes.join(" "),
    };
    let session = Session { user: *user, scopes };
    sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(granted.access_token.clone(), session);
    Ok(Json(granted))
}

/// The user that the token belongs to, if the token has every scope that the chain from the path function to here requires.
#[dependency]
fn current_user(
    required: SecurityScopes,
    token: OAuth2PasswordBearer<Login>,
    sessions: Depends<sessions>,
) -> Result<User, HttpError> {
    let refuse = |detail| {
        HttpError::new(StatusCode::UNAUTHORIZED, detail)
            .header(header::WWW_AUTHENTICATE, required.challenge())
    };
    let sessions = sessions.lock().unwrap_or_else(PoisonError::into_inner);
    let session = sessions.get(token.as_str()).ok_or_else(|| refuse("Invalid authentication credentials"))?;
    if required.iter().all(|scope| session.scopes.iter().any(|granted| granted == scope)) {
        Ok(session.user)
    } else {
        Err(refuse("Not enough permissions"))
    }
}

#[dependency]
fn active_user(#[param(scopes("me"))] user: Depends<current_user>) -> Result<User, HttpError> {
    if user.disabled {
        return Err(HttpError::new(StatusCode::BAD_REQUEST, "Inactive user"));
    }
    Ok(*user)
}

#[get("/users/me")]
async fn me(user: Depends<active_user>) -> Json<User> {
    Json(*user) // needs `me`
}

#[get("/users/me/items")]
async fn items(#[param(scopes("items"))] user: Depends<active_user>) -> Json<Vec<String>> {
    Json(vec![format!("{}'s towel", user.name)]) // needs `items` and `me`
}

fn app() -> App {
    App::new().routes(routes![log_in, me, items])
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    app().serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests;
