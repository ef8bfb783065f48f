//! `ov`: dependencies that a test replaces with others, without touching the routes.

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::run::run;

pub(crate) fn router() -> Router {
    Router::new("/ov").routes(routes![direct, nested, decorator, resource])
}

/// The app of the second server.
pub(crate) fn overridden(app: App) -> App {
    app.override_dependency_with::<leaf, fake_leaf>()
        .override_dependency::<guard>(String::new)
        .override_dependency_with::<labelled, fake_labelled>()
}

#[dependency]
async fn leaf(q: Query<Option<String>>) -> Value {
    json!({ "leaf": "original", "q": *q })
}

#[derive(Clone, JsonSchema, Serialize)]
struct Mid {
    mid: &'static str,
    #[serde(flatten)]
    leaf: Value,
}

#[dependency]
async fn mid(leaf: Depends<leaf>) -> Mid {
    Mid { mid: "original", leaf: Value::clone(&leaf) }
}

#[dependency]
async fn guard(x_pass: Header<String>) -> String {
    x_pass.into_inner()
}

struct Labelled {
    run: Depends<run>,
    label: &'static str,
}

impl Labelled {
    fn enter(run: Depends<run>, label: &'static str) -> Self {
        run.say(format!("{label}:in"));
        Self { run, label }
    }
}

async fn leave(labelled: &Labelled, _outcome: &Outcome) {
    labelled.run.say(format!("{}:out", labelled.label));
}

#[dependency(exit = leave)]
async fn labelled(run: Depends<run>) -> Labelled {
    Labelled::enter(run, "original")
}

#[get("/direct")]
async fn direct(leaf: Depends<leaf>) -> Json<Value> {
    Json(Value::clone(&leaf))
}

#[get("/nested")]
async fn nested(mid: Depends<mid>) -> Json<Mid> {
    Json(Mid::clone(&mid))
}

#[get("/decorator", dependencies(guard))]
async fn decorator() -> Json<Value> {
    Json(json!({ "in": true }))
}

#[get("/resource")]
async fn resource(labelled: Depends<labelled>) -> Json<&'static str> {
    Json(labelled.label)
}

// What the second server replaces them with.

#[dependency]
async fn fake_query(k: Query<i64>) -> i64 {
    *k
}

#[dependency]
async fn fake_leaf(k: Depends<fake_query>) -> Value {
    json!({ "leaf": "fake", "k": *k })
}

#[dependency(exit = leave)]
async fn fake_labelled(run: Depends<run>) -> Labelled {
    Labelled::enter(run, "fake")
}
