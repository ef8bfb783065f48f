//! `err`: everything that is wrong with a request is reported at once.

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ok;
use crate::errors::Meltdown;
use crate::run::run;

pub(crate) fn router() -> Router {
    Router::new("/err").routes(routes![
        accumulate,
        others_still_run,
        exception_wins,
        duplicate,
        body,
        bounds,
        crash,
    ])
}

#[dependency]
fn err_query(run: Depends<run>, q: Query<i64>) -> i64 {
    run.say("err_query called");
    *q
}

#[dependency]
fn err_other(run: Depends<run>) {
    run.say("err_other called");
}

#[dependency]
fn err_nested(run: Depends<run>, _q: Depends<err_query>, #[param(alias = "own")] _own: Query<i64>) {
    run.say("err_nested called");
}

#[dependency]
fn err_forbid(run: Depends<run>) -> Result<(), HttpError> {
    run.say("err_forbid called");
    Err(HttpError::new(StatusCode::FORBIDDEN, "forbidden"))
}

// FastAPI reports path, query, header and cookie in this order, whatever the function's order is. Here the parameters are declared in it.
#[get("/accumulate/{n}")]
async fn accumulate(
    _nested: Depends<err_nested>,
    #[param(alias = "n")] _n: Path<i64>,
    #[param(alias = "lim", default = 5, le = 10)] _lim: Query<i64>,
    #[param(alias = "h")] _h: Header<String>,
    #[param(alias = "ck")] _ck: Cookie<String>,
) -> Json<Value> {
    ok()
}

#[get("/others-still-run")]
async fn others_still_run(
    run: Depends<run>,
    _q: Depends<err_query>,
    _other: Depends<err_other>,
) -> Json<Value> {
    run.say("handler");
    ok()
}

#[get("/exception-wins")]
async fn exception_wins(
    #[param(alias = "n")] _n: Query<i64>,
    _q: Depends<err_query>,
    _forbid: Depends<err_forbid>,
    _other: Depends<err_other>,
) -> Json<Value> {
    ok()
}

#[get("/duplicate")]
async fn duplicate(a: Depends<err_query>, b: Depends<err_query>) -> Json<[i64; 2]> {
    Json([*a, *b])
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Strict {
    title: String,
    count: i64,
    #[serde(default)]
    tags: Vec<String>,
}

#[post("/body")]
async fn body(
    run: Depends<run>,
    #[param(fields(title(min_length = 3, max_length = 8), count(ge = 1)))] body: Json<Strict>,
    _other: Depends<err_other>,
) -> Json<Strict> {
    run.say("handler");
    body
}

#[derive(JsonSchema, Serialize)]
struct Bounds {
    gt: Option<i64>,
    lt: Option<f64>,
    s: Option<String>,
    p: Option<String>,
}

#[get("/bounds")]
async fn bounds(
    #[param(gt = 3)] gt: Query<Option<i64>>,
    #[param(lt = 3)] lt: Query<Option<f64>>,
    #[param(min_length = 2, max_length = 4)] s: Query<Option<String>>,
    #[param(pattern = "^[a-z]+$")] p: Query<Option<String>>,
) -> Json<Bounds> {
    Json(Bounds { gt: gt.into_inner(), lt: lt.into_inner(), s: s.into_inner(), p: p.into_inner() })
}

#[get("/crash")]
async fn crash() -> Result<(), HttpError> {
    Err(Meltdown("unhandled"))?
}
