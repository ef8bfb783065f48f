//! `res`: dependencies with exits, and what they see.

use epilogue::prelude::*;
use serde_json::{Value, json};

use super::exits::{Session, close, db};
use super::ok;
use crate::errors::{Meltdown, error_name};
use crate::letters::{Streamed, letters};
use crate::run::{held, python, run, say};

pub(crate) fn router() -> Router {
    Router::new("/res").routes(routes![
        request_scope,
        both_scopes,
        siblings,
        shared,
        fresh,
        handler_error,
        enter_fails,
        validation,
        raise_after_request,
        raise_after_function,
        task_sees_request,
        task_sees_function,
        task_fails,
        stream,
    ])
}

/// Something that is entered and left.
pub(crate) struct Resource {
    run: Depends<run>,
    name: &'static str,
}

impl Resource {
    fn enter(run: Depends<run>, name: &'static str) -> Self {
        run.say(format!("{name}:in"));
        Self { run, name }
    }
}

async fn leave(resource: &Resource, outcome: &Outcome) {
    let Resource { run, name } = resource;
    if let Some(error) = error_name(outcome) {
        run.say(format!("{name}:saw:{error}"));
    }
    run.say(format!("{name}:out"));
}

#[dependency(exit = leave)]
pub(crate) async fn resource_a(run: Depends<run>) -> Resource {
    Resource::enter(run, "A")
}

#[dependency(exit = leave)]
async fn resource_b(run: Depends<run>) -> Resource {
    Resource::enter(run, "B")
}

#[dependency(exit = leave, scope = "function")]
async fn resource_f(run: Depends<run>) -> Resource {
    Resource::enter(run, "F")
}

#[get("/request-scope")]
async fn request_scope(run: Depends<run>, tasks: &BackgroundTasks, _a: Depends<resource_a>) -> Json<Value> {
    tasks.add_task(held, (run.clone(),));
    run.say("handler");
    ok()
}

#[get("/both-scopes")]
async fn both_scopes(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    _a: Depends<resource_a>,
    _f: Depends<resource_f>,
) -> Json<Value> {
    tasks.add_task(held, (run.clone(),));
    run.say("handler");
    ok()
}

#[get("/siblings")]
async fn siblings(run: Depends<run>, _a: Depends<resource_a>, _b: Depends<resource_b>) -> Json<Value> {
    run.say("handler");
    ok()
}

#[dependency]
async fn user_of_a(a: Depends<resource_a>) -> Depends<resource_a> {
    a
}

fn same(one: &Resource, other: &Resource) -> Json<Value> {
    Json(json!({ "same": std::ptr::eq(one, other) }))
}

#[get("/shared")]
async fn shared(run: Depends<run>, user: Depends<user_of_a>, a: Depends<resource_a>) -> Json<Value> {
    run.say("handler");
    same(&user, &a)
}

#[get("/fresh")]
async fn fresh(run: Depends<run>, user: Depends<user_of_a>, a: Depends<Fresh<resource_a>>) -> Json<Value> {
    run.say("handler");
    same(&user, &a)
}

#[get("/handler-error/{kind}")]
async fn handler_error(
    kind: Path<String>,
    _a: Depends<resource_a>,
    _b: Depends<resource_b>,
) -> Result<(), HttpError> {
    if *kind == "http" {
        return Err(HttpError::new(StatusCode::CONFLICT, "conflict"));
    }
    Err(Meltdown("boom").into())
}

#[dependency]
async fn gatekeeper(run: Depends<run>, #[param(default = true)] deny: Query<bool>) -> Result<(), HttpError> {
    run.say("gatekeeper");
    if *deny { Err(HttpError::new(StatusCode::FORBIDDEN, "denied")) } else { Ok(()) }
}

#[get("/enter-fails")]
async fn enter_fails(
    run: Depends<run>,
    _a: Depends<resource_a>,
    _gatekeeper: Depends<gatekeeper>,
    _b: Depends<resource_b>,
) -> Json<Value> {
    run.say("handler");
    ok()
}

#[get("/validation")]
async fn validation(run: Depends<run>, n: Query<i64>, _a: Depends<resource_a>) -> Json<i64> {
    run.say("handler");
    Json(*n)
}

async fn raise(run: &Depends<run>, _outcome: &Outcome) -> Result<(), HttpError> {
    run.say("raising");
    Err(HttpError::new(StatusCode::CONFLICT, "too late or not"))
}

/// Its error is only logged: the reply has left.
#[dependency(exit = raise)]
async fn raising_after_request(run: Depends<run>) -> Depends<run> {
    run
}

/// Its error becomes the reply.
#[dependency(exit = raise, scope = "function")]
async fn raising_after_function(run: Depends<run>) -> Depends<run> {
    run
}

#[get("/raise-after/request")]
async fn raise_after_request(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    _raising: Depends<raising_after_request>,
) -> Json<Value> {
    tasks.add_task(say, (run, "task"));
    ok()
}

#[get("/raise-after/function")]
async fn raise_after_function(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    _raising: Depends<raising_after_function>,
) -> Json<Value> {
    tasks.add_task(say, (run, "task"));
    ok()
}

#[get("/task-sees/request")]
async fn task_sees_request(run: Depends<run>, tasks: &BackgroundTasks, db: Depends<db>) -> Json<Value> {
    tasks.add_task(async move || run.say(format!("task:open={}", python(db.is_open()))), ());
    ok()
}

#[dependency(exit = close, scope = "function")]
async fn db_of_function(run: Depends<run>) -> Session {
    Session::open(run)
}

#[get("/task-sees/function")]
async fn task_sees_function(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    db: Depends<db_of_function>,
) -> Json<Value> {
    tasks.add_task(async move || run.say(format!("task:open={}", python(db.is_open()))), ());
    ok()
}

async fn bad(run: Depends<run>) -> Result<(), Meltdown> {
    run.say("task:bad");
    Err(Meltdown("in task"))
}

#[get("/task-fails")]
async fn task_fails(run: Depends<run>, tasks: &BackgroundTasks, _a: Depends<resource_a>) -> Json<Value> {
    tasks.add_task(bad, (run,));
    ok()
}

#[get("/stream")]
async fn stream(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    _a: Depends<resource_a>,
    _f: Depends<resource_f>,
) -> Streamed {
    tasks.add_task(say, (run.clone(), "task"));
    run.say("handler");
    letters(run, "xyz")
}
