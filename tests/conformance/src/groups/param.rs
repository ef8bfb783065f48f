//! `param`: where values come from.

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) fn router() -> Router {
    Router::new("/param").routes(routes![
        path_both,
        path_dep,
        query_fallback,
        everything,
        body_dep,
        body_same,
        body_two,
        body_scalar,
    ])
}

// FastAPI takes a name from the path if the path has it, and from the query otherwise. Here a dependency says which.

// The double of an `i64` may be beyond it.

#[dependency]
fn doubled_segment(item_id: Path<i64>) -> i128 {
    i128::from(*item_id) * 2
}

#[dependency]
fn doubled_query(item_id: Query<i64>) -> i128 {
    i128::from(*item_id) * 2
}

#[derive(JsonSchema, Serialize)]
struct Both {
    raw: String,
    doubled: i128,
}

#[get("/path-both/{item_id}")]
async fn path_both(item_id: Path<String>, doubled: Depends<doubled_segment>) -> Json<Both> {
    Json(Both { raw: item_id.into_inner(), doubled: *doubled })
}

#[get("/path-dep/{item_id}")]
async fn path_dep(doubled: Depends<doubled_segment>) -> Json<i128> {
    Json(*doubled)
}

#[get("/query-fallback")]
async fn query_fallback(doubled: Depends<doubled_query>) -> Json<i128> {
    Json(*doubled)
}

#[derive(Clone, JsonSchema, Serialize)]
struct Headers {
    trace: String,
    many: Option<Vec<String>>,
}

#[dependency]
fn headers(x_trace_id: Header<String>, x_many: Header<Option<Vec<String>>>) -> Headers {
    Headers { trace: x_trace_id.into_inner(), many: x_many.into_inner() }
}

#[dependency]
fn tracker(tracker: Cookie<Option<String>>) -> Option<String> {
    tracker.into_inner()
}

#[derive(Clone, JsonSchema, Serialize)]
struct Values {
    tag: Vec<i64>,
    on: bool,
    ratio: f64,
}

#[dependency]
fn values(
    #[param(default = Vec::new())] tag: Query<Vec<i64>>,
    #[param(default = false)] on: Query<bool>,
    #[param(default = 0.5)] ratio: Query<f64>,
) -> Values {
    Values { tag: tag.into_inner(), on: *on, ratio: *ratio }
}

#[get("/everything")]
async fn everything(
    header: Depends<headers>,
    cookie: Depends<tracker>,
    query: Depends<values>,
) -> Json<Value> {
    Json(json!({ "header": *header, "cookie": *cookie, "query": *query }))
}

#[derive(Clone, Deserialize, JsonSchema, Serialize)]
struct Item {
    name: String,
    price: f64,
}

#[derive(Clone, Deserialize, JsonSchema, Serialize)]
struct Buyer {
    email: String,
}

#[dependency]
fn item_from_body(item: Json<Item>) -> Item {
    item.into_inner()
}

#[dependency]
fn buyer_from_body(buyer: Json<Buyer>) -> Buyer {
    buyer.into_inner()
}

#[dependency]
fn note_from_body(note: Json<String>) -> String {
    note.into_inner()
}

#[post("/body-dep")]
async fn body_dep(item: Depends<item_from_body>) -> Json<Item> {
    Json(Item::clone(&item))
}

#[post("/body-same")]
async fn body_same(item: Json<Item>, of_dependency: Depends<item_from_body>) -> Json<Value> {
    Json(json!({ "handler": *item, "dep": *of_dependency }))
}

#[post("/body-two")]
async fn body_two(item: Json<Item>, buyer: Depends<buyer_from_body>) -> Json<Value> {
    Json(json!({ "item": *item, "buyer": *buyer }))
}

#[post("/body-scalar")]
async fn body_scalar(item: Depends<item_from_body>, note: Depends<note_from_body>) -> Json<Value> {
    Json(json!({ "item": *item, "note": *note }))
}
