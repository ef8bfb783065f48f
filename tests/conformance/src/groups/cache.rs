//! `cache`: one output per request, unless a parameter asks for one of its own.

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::run::run;

pub(crate) fn router() -> Router {
    Router::new("/cache").routes(routes![shared, fresh, fresh_first, decorator, diamond, scopes, subtree])
}

#[dependency]
fn counter(run: Depends<run>) -> u64 {
    run.bump("counter")
}

#[dependency]
async fn via_counter(n: Depends<counter>) -> u64 {
    *n
}

#[dependency]
async fn via_fresh(n: Depends<Fresh<counter>>) -> u64 {
    *n
}

#[get("/shared")]
async fn shared(sub: Depends<via_counter>, direct: Depends<counter>) -> Json<Value> {
    Json(json!({ "sub": *sub, "direct": *direct }))
}

#[get("/fresh")]
async fn fresh(sub: Depends<via_counter>, direct: Depends<Fresh<counter>>) -> Json<Value> {
    Json(json!({ "sub": *sub, "direct": *direct }))
}

#[get("/fresh-first")]
async fn fresh_first(
    a: Depends<Fresh<counter>>,
    b: Depends<counter>,
    c: Depends<Fresh<counter>>,
    d: Depends<counter>,
) -> Json<[u64; 4]> {
    Json([*a, *b, *c, *d])
}

#[get("/decorator", dependencies(counter))]
async fn decorator(n: Depends<counter>) -> Json<u64> {
    Json(*n)
}

#[dependency]
pub(crate) async fn diamond_a(run: Depends<run>) -> String {
    run.say("a");
    "a".into()
}

#[dependency]
pub(crate) async fn diamond_b(run: Depends<run>, a: Depends<diamond_a>) -> String {
    run.say("b");
    format!("{}b", *a)
}

#[dependency]
pub(crate) async fn diamond_c(run: Depends<run>, a: Depends<diamond_a>) -> String {
    run.say("c");
    format!("{}c", *a)
}

#[get("/diamond")]
async fn diamond(run: Depends<run>, b: Depends<diamond_b>, c: Depends<diamond_c>) -> Json<Value> {
    run.say("handler");
    Json(json!({ "b": *b, "c": *c }))
}

#[derive(Clone, JsonSchema, Serialize)]
struct Scoped {
    n: u64,
    scopes: Vec<&'static str>,
}

#[dependency]
fn scoped_counter(run: Depends<run>, required: SecurityScopes) -> Scoped {
    Scoped { n: run.bump("scoped"), scopes: required.to_vec() }
}

#[get("/scopes")]
async fn scopes(
    none: Depends<scoped_counter>,
    #[param(scopes("read"))] r: Depends<scoped_counter>,
    #[param(scopes("read", "write"))] rw: Depends<scoped_counter>,
    #[param(scopes("write", "read"))] wr: Depends<scoped_counter>,
) -> Json<Value> {
    Json(json!({ "none": *none, "r": *r, "rw": *rw, "wr": *wr }))
}

#[get("/subtree")]
async fn subtree(run: Depends<run>, x: Depends<via_fresh>, y: Depends<via_fresh>) -> Json<Value> {
    Json(json!({ "x": *x, "y": *y, "calls": run.count("counter") }))
}
