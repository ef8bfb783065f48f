//! `dep007` to `dep010`, `dep013` and `dep014`: the pages on dependencies with `yield` of `FastAPI`'s tutorial.

use std::sync::atomic::{AtomicBool, Ordering};

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::ok;
use crate::errors::{Meltdown, OwnerMismatch, error_name};
use crate::letters::{Streamed, letters};
use crate::run::{held, python, run};

pub(crate) fn router() -> Router {
    Router::new("")
        .router(Router::new("/dep007").routes(routes![items]))
        .router(Router::new("/dep008").routes(routes![chain]))
        .router(Router::new("/dep008b").routes(routes![owned_item]))
        .router(Router::new("/dep008c").routes(routes![swallowing_item]))
        .router(Router::new("/dep008d").routes(routes![passing_item]))
        .router(Router::new("/dep008e").routes(routes![me]))
        .router(Router::new("/dep010").routes(routes![managed_items]))
        .router(Router::new("/dep013").routes(routes![generate]))
        .router(Router::new("/dep014").routes(routes![generate_without_session]))
}

// dep007: opened before, closed after

/// A session of a database.
pub(crate) struct Session {
    run: Depends<run>,
    open: AtomicBool,
}

impl Session {
    pub(crate) fn open(run: Depends<run>) -> Self {
        run.say("db:open");
        Self { run, open: AtomicBool::new(true) }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    pub(crate) fn close(&self, event: &str) {
        self.open.store(false, Ordering::SeqCst);
        self.run.say(event);
    }
}

#[dependency(exit = close)]
pub(crate) async fn db(run: Depends<run>) -> Session {
    Session::open(run)
}

pub(crate) async fn close(session: &Session, _outcome: &Outcome) {
    session.close("db:close");
}

#[get("/items/")]
async fn items(run: Depends<run>, db: Depends<db>) -> Json<Value> {
    run.say(format!("handler:open={}", python(db.is_open())));
    Json(json!({ "open": db.is_open() }))
}

// dep008: a chain, entered downwards and left upwards

/// One link of the chain.
struct Link {
    run: Depends<run>,
    value: String,
    at_exit: String,
}

async fn unlink(link: &Link, _outcome: &Outcome) {
    link.run.say(link.at_exit.as_str());
}

#[dependency(exit = unlink)]
async fn link_a(run: Depends<run>) -> Link {
    run.say("a:in");
    Link { run, value: "a".into(), at_exit: "a:out".into() }
}

#[dependency(exit = unlink)]
async fn link_b(run: Depends<run>, a: Depends<link_a>) -> Link {
    let a = &a.value;
    run.say(format!("b:in({a})"));
    Link { run, value: format!("{a}b"), at_exit: format!("b:out({a})") }
}

#[dependency(exit = unlink)]
async fn link_c(run: Depends<run>, b: Depends<link_b>) -> Link {
    let b = &b.value;
    run.say(format!("c:in({b})"));
    Link { run, value: format!("{b}c"), at_exit: format!("c:out({b})") }
}

#[get("/chain/")]
async fn chain(run: Depends<run>, c: Depends<link_c>) -> Json<Value> {
    run.say("handler");
    Json(json!({ "value": c.value }))
}

// dep008b: an exit that turns an error into another reply

#[derive(Clone, Copy, JsonSchema, Serialize)]
struct Stock {
    description: &'static str,
    owner: &'static str,
}

const PLUMBUS: Stock = Stock { description: "Freshly pickled plumbus", owner: "Morty" };
const PORTAL_GUN: Stock = Stock { description: "Gun to create portals", owner: "Rick" };

/// Its exit makes the reply, so it has function scope.
#[dependency(scope = "function", exit = explain_owner)]
fn owner() -> String {
    "Rick".into()
}

async fn explain_owner(_owner: &str, outcome: &Outcome) -> Result<(), HttpError> {
    match outcome.error::<OwnerMismatch>() {
        Some(error) => Err(HttpError::new(StatusCode::BAD_REQUEST, format!("Owner error: {error}"))),
        None => Ok(()),
    }
}

#[get("/items/{item_id}")]
async fn owned_item(item_id: Path<String>, owner: Depends<owner>) -> Result<Json<Stock>, HttpError> {
    let item = match item_id.as_str() {
        "plumbus" => PLUMBUS,
        "portal-gun" => PORTAL_GUN,
        _ => return Err(HttpError::new(StatusCode::NOT_FOUND, "Item not found")),
    };
    if item.owner != *owner {
        return Err(OwnerMismatch(owner.to_string()).into());
    }
    Ok(Json(item))
}

// dep008c, dep008d: exits that look at an error

#[dependency(exit = swallow)]
fn swallower(run: Depends<run>) -> Depends<run> {
    run
}

async fn swallow(run: &Depends<run>, outcome: &Outcome) {
    if outcome.error::<Meltdown>().is_some() {
        run.say("guard:swallowed");
    }
}

#[dependency(exit = pass_on)]
fn passer(run: Depends<run>) -> Depends<run> {
    run
}

async fn pass_on(run: &Depends<run>, outcome: &Outcome) {
    if outcome.error::<Meltdown>().is_some() {
        run.say("guard:reraised");
    }
}

fn only_plumbus(item_id: String) -> Result<Json<String>, HttpError> {
    match item_id.as_str() {
        "portal-gun" => Err(Meltdown("too dangerous").into()),
        "plumbus" => Ok(Json(item_id)),
        _ => Err(HttpError::new(StatusCode::NOT_FOUND, "Item not found, there's only a plumbus here")),
    }
}

#[get("/items/{item_id}")]
async fn swallowing_item(
    item_id: Path<String>,
    _guard: Depends<swallower>,
) -> Result<Json<String>, HttpError> {
    only_plumbus(item_id.into_inner())
}

#[get("/items/{item_id}")]
async fn passing_item(item_id: Path<String>, _guard: Depends<passer>) -> Result<Json<String>, HttpError> {
    only_plumbus(item_id.into_inner())
}

// dep008e: an exit before the reply

struct Early {
    run: Depends<run>,
    name: &'static str,
}

#[dependency(scope = "function", exit = leave_early)]
fn early(run: Depends<run>) -> Early {
    run.say("early:in");
    Early { run, name: "Rick" }
}

async fn leave_early(early: &Early, _outcome: &Outcome) {
    early.run.say("early:out");
}

#[get("/users/me")]
async fn me(run: Depends<run>, tasks: &BackgroundTasks, user: Depends<early>) -> Json<&'static str> {
    tasks.add_task(held, (run.clone(),));
    run.say("handler");
    Json(user.name)
}

// dep010: an exit that is told how it went

#[dependency(exit = leave_managed)]
async fn managed(run: Depends<run>) -> Depends<run> {
    run.say("cm:enter");
    run
}

async fn leave_managed(run: &Depends<run>, outcome: &Outcome) {
    run.say(format!("cm:exit({})", error_name(outcome).unwrap_or("None")));
}

#[get("/items/")]
async fn managed_items(
    run: Depends<run>,
    _managed: Depends<managed>,
    #[param(default = false)] fail: Query<bool>,
) -> Result<Json<Value>, HttpError> {
    run.say("handler");
    if *fail { Err(HttpError::new(StatusCode::CONFLICT, "conflict")) } else { Ok(ok()) }
}

// dep013, dep014: a session and a stream

fn known_only(user_id: i64) -> Result<(), HttpError> {
    if user_id == 1 { Ok(()) } else { Err(HttpError::new(StatusCode::FORBIDDEN, "Not authorized")) }
}

#[dependency]
async fn known_user(user_id: Query<i64>, _db: Depends<db>) -> Result<(), HttpError> {
    known_only(*user_id)
}

#[dependency]
async fn known_user_then_close(user_id: Query<i64>, db: Depends<db>) -> Result<(), HttpError> {
    known_only(*user_id)?;
    db.close("db:early-close");
    Ok(())
}

#[get("/generate", dependencies(known_user))]
async fn generate(run: Depends<run>, query: Query<String>) -> Streamed {
    letters(run, &query)
}

#[get("/generate", dependencies(known_user_then_close))]
async fn generate_without_session(run: Depends<run>, query: Query<String>) -> Streamed {
    letters(run, &query)
}
