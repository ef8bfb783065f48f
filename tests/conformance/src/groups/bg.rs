//! `bg`: when tasks run, in which order, and when they do not run.

use epilogue::prelude::*;
use serde_json::{Value, json};

use super::ok;
use super::res::resource_a;
use crate::errors::{Meltdown, Teapot};
use crate::letters::{Streamed, letters};
use crate::run::{held as hold, run, say};

pub(crate) fn router() -> Router {
    Router::new("/bg").routes(routes![
        held,
        sequence,
        merge,
        dep_only,
        cached_dep,
        fresh_dep,
        fails,
        http_error,
        validation,
        crash,
        error_handler,
        own_response,
        plain_response,
        no_content,
        stream,
        nested,
        mixed,
        many,
        blocking,
        slow_handler,
        snapshot,
    ])
}

#[dependency]
async fn level3(run: Depends<run>, tasks: &BackgroundTasks) {
    tasks.add_task(say, (run, "task:sub-sub"));
}

#[dependency]
async fn level2(run: Depends<run>, tasks: &BackgroundTasks, _below: Depends<level3>) {
    tasks.add_task(say, (run, "task:sub"));
}

#[dependency]
async fn level2b(run: Depends<run>, tasks: &BackgroundTasks) {
    tasks.add_task(say, (run, "task:sibling"));
}

#[get("/held")]
async fn held(run: Depends<run>, tasks: &BackgroundTasks) -> Json<Value> {
    tasks.add_task(hold, (run,));
    ok()
}

async fn first(run: Depends<run>) {
    run.say("first:start");
    run.gate("go").await;
    run.say("first:end");
}

#[get("/sequence")]
async fn sequence(run: Depends<run>, tasks: &BackgroundTasks) -> Json<Value> {
    tasks.add_task(first, (run.clone(),));
    tasks.add_task(say, (run, "second"));
    ok()
}

#[get("/merge", dependencies(level2b))]
async fn merge(run: Depends<run>, tasks: &BackgroundTasks, _level2: Depends<level2>) -> Json<Value> {
    tasks.add_task(say, (run, "task:handler"));
    ok()
}

#[get("/dep-only")]
async fn dep_only(_level2: Depends<level2>) -> Json<Value> {
    ok()
}

#[get("/cached-dep")]
async fn cached_dep(_a: Depends<level3>, _b: Depends<level2>, _c: Depends<level3>) -> Json<Value> {
    ok()
}

#[get("/fresh-dep")]
async fn fresh_dep(_a: Depends<level3>, _b: Depends<Fresh<level3>>) -> Json<Value> {
    ok()
}

async fn bad(run: Depends<run>) -> Result<(), Meltdown> {
    run.say("task:2");
    Err(Meltdown("in task"))
}

#[get("/fails")]
async fn fails(run: Depends<run>, tasks: &BackgroundTasks) -> Json<Value> {
    tasks.add_task(say, (run.clone(), "task:1"));
    tasks.add_task(bad, (run.clone(),));
    tasks.add_task(say, (run, "task:3"));
    ok()
}

#[get("/http-error")]
async fn http_error(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    _level3: Depends<level3>,
) -> Result<(), HttpError> {
    tasks.add_task(say, (run, "task:handler"));
    Err(HttpError::new(StatusCode::CONFLICT, "nope"))
}

#[get("/validation")]
async fn validation(n: Query<i64>, _level3: Depends<level3>) -> Json<i64> {
    Json(*n)
}

#[get("/crash")]
async fn crash(_level3: Depends<level3>) -> Result<(), HttpError> {
    Err(Meltdown("boom"))?
}

#[get("/error-handler")]
async fn error_handler(_level3: Depends<level3>) -> Result<(), HttpError> {
    Err(Teapot)?
}

#[get("/own-response")]
async fn own_response(run: Depends<run>, tasks: &BackgroundTasks) -> (Background, Json<Value>) {
    tasks.add_task(say, (run.clone(), "task:injected"));
    (Background::task(say, (run, "task:own")), ok())
}

#[get("/plain-response")]
async fn plain_response(run: Depends<run>, tasks: &BackgroundTasks) -> (StatusCode, &'static str) {
    tasks.add_task(say, (run, "task:injected"));
    (StatusCode::NON_AUTHORITATIVE_INFORMATION, "hello")
}

#[get("/no-content", status = 204)]
async fn no_content(run: Depends<run>, tasks: &BackgroundTasks) {
    tasks.add_task(say, (run, "task"));
}

#[get("/stream")]
async fn stream(run: Depends<run>, tasks: &BackgroundTasks) -> Streamed {
    tasks.add_task(say, (run.clone(), "task"));
    letters(run, "abc")
}

async fn outer(run: Depends<run>, tasks: BackgroundTasks) {
    run.say("task:outer");
    tasks.add_task(say, (run, "task:added-late"));
}

#[get("/nested")]
async fn nested(run: Depends<run>, tasks: BackgroundTasks) -> Json<Value> {
    tasks.add_task(outer, (run.clone(), tasks.clone()));
    tasks.add_task(say, (run, "task:second"));
    ok()
}

async fn say_async(run: Depends<run>, n: u32) {
    run.say(format!("async:{n}"));
}

fn say_sync(run: Depends<run>, n: u32) {
    run.say(format!("sync:{n}"));
}

#[get("/mixed")]
async fn mixed(run: Depends<run>, tasks: &BackgroundTasks) -> Json<Value> {
    tasks.add_task(say_async, (run.clone(), 1));
    tasks.add_task(say_sync, (run.clone(), 2));
    tasks.add_task(say_async, (run.clone(), 3));
    tasks.add_task(say_sync, (run, 4));
    ok()
}

#[get("/many")]
async fn many(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    #[param(default = 10)] n: Query<i64>,
) -> Json<Value> {
    for i in 0..*n {
        let run = run.clone();
        tasks.add_task(async move || run.say(format!("task:{i}")), ());
    }
    Json(json!({ "queued": *n }))
}

fn hog(run: Depends<run>) {
    run.say("hog:start");
    run.gate_blocking("go");
    run.say("hog:end");
}

#[get("/blocking")]
async fn blocking(run: Depends<run>, tasks: &BackgroundTasks) -> Json<Value> {
    tasks.add_task(hog, (run,));
    ok()
}

#[get("/slow-handler")]
async fn slow_handler(run: Depends<run>, tasks: &BackgroundTasks, _a: Depends<resource_a>) -> Json<Value> {
    run.say("handler:start");
    run.gate("go").await;
    tasks.add_task(say, (run.clone(), "task"));
    run.say("handler:end");
    ok()
}

async fn show(run: Depends<run>, word: String) {
    run.say(format!("task:{word}"));
}

#[get("/snapshot")]
async fn snapshot(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    #[param(default = String::from("x"))] word: Query<String>,
) -> Json<Value> {
    let mut word = word.into_inner();
    tasks.add_task(show, (run, word.clone()));
    "changed".clone_into(&mut word);
    Json(json!({ "word": word }))
}
