//! `dep001` to `dep006`, `dep011` and `dep012`: the pages on dependencies of `FastAPI`'s tutorial.

use epilogue::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) fn router() -> Router {
    Router::new("")
        .router(Router::new("/dep001").routes(routes![paged_items, paged_users]))
        .router(Router::new("/dep002").routes(routes![items_of_parameters]))
        .router(Router::new("/dep003").routes(routes![items_of_struct]))
        .router(Router::new("/dep004").routes(routes![items_of_query]))
        .router(Router::new("/dep005").routes(routes![query_or_cookie]))
        .router(Router::new("/dep006").routes(routes![guarded_items]))
        .router(Router::new("/dep011").routes(routes![check_query]))
        .router(
            Router::new("/dep012")
                .depends::<need_token>()
                .depends::<need_key>()
                .routes(routes![items, users]),
        )
}

// dep001: a function

#[derive(Clone, JsonSchema, Serialize)]
struct Paging {
    q: Option<String>,
    skip: i64,
    limit: i64,
}

#[dependency]
async fn paging(
    q: Query<Option<String>>,
    #[param(default = 0)] skip: Query<i64>,
    #[param(default = 100)] limit: Query<i64>,
) -> Paging {
    Paging { q: q.into_inner(), skip: *skip, limit: *limit }
}

#[get("/items/")]
async fn paged_items(paging: Depends<paging>) -> Json<Paging> {
    Json(Paging::clone(&paging))
}

#[get("/users/")]
async fn paged_users(paging: Depends<paging>) -> Json<Paging> {
    Json(Paging::clone(&paging))
}

// dep002, dep003, dep004: a struct, in three ways

#[derive(Deserialize, JsonSchema)]
struct ListOptions {
    q: Option<String>,
    #[serde(default)]
    skip: i64,
    #[serde(default = "a_hundred")]
    limit: i64,
}

fn a_hundred() -> i64 {
    100
}

#[derive(JsonSchema, Serialize)]
struct CatalogueItem {
    item_name: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct Listing {
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    items: Vec<CatalogueItem>,
}

impl ListOptions {
    fn listing(&self) -> Listing {
        let names = ["Alpha", "Beta", "Gamma"];
        let names = slice(&names, self.skip, self.skip.saturating_add(self.limit));
        Listing {
            q: self.q.clone().filter(|q| !q.is_empty()),
            items: names.iter().map(|item_name| CatalogueItem { item_name }).collect(),
        }
    }
}

/// Python's `items[from:to]`, where a negative number counts from the end.
fn slice<T>(items: &[T], from: i64, to: i64) -> &[T] {
    let at = |index: i64| {
        let forward = if index < 0 { index.saturating_add_unsigned(items.len() as u64) } else { index };
        usize::try_from(forward).unwrap_or(0).min(items.len())
    };
    items.get(at(from)..at(to)).unwrap_or_default()
}

/// Takes the fields as separate parameters.
#[dependency]
fn options_of_parameters(
    q: Query<Option<String>>,
    #[param(default = 0)] skip: Query<i64>,
    #[param(default = 100)] limit: Query<i64>,
) -> ListOptions {
    ListOptions { q: q.into_inner(), skip: *skip, limit: *limit }
}

#[get("/items/")]
async fn items_of_parameters(options: Depends<options_of_parameters>) -> Json<Listing> {
    Json(options.listing())
}

/// Takes the whole query as the struct.
#[dependency]
fn options_of_struct(options: Query<ListOptions>) -> ListOptions {
    options.into_inner()
}

#[get("/items/")]
async fn items_of_struct(options: Depends<options_of_struct>) -> Json<Listing> {
    Json(options.listing())
}

/// Takes the struct directly, without a dependency in between.
#[get("/items/")]
async fn items_of_query(options: Query<ListOptions>) -> Json<Listing> {
    Json(options.listing())
}

// dep005: a dependency of a dependency

#[dependency]
fn query(q: Query<Option<String>>) -> Option<String> {
    q.into_inner()
}

#[dependency]
fn query_or_last(q: Depends<query>, last_query: Cookie<Option<String>>) -> Option<String> {
    let q = q.as_deref().filter(|q| !q.is_empty());
    q.map(String::from).or(last_query.into_inner())
}

#[get("/items/")]
async fn query_or_cookie(q: Depends<query_or_last>) -> Json<Value> {
    Json(json!({ "q_or_cookie": *q }))
}

// dep006: dependencies only for their effect

#[dependency]
async fn need_token(x_token: Header<String>) -> Result<(), HttpError> {
    if *x_token == "fake-super-secret-token" {
        Ok(())
    } else {
        Err(HttpError::new(StatusCode::BAD_REQUEST, "X-Token header invalid"))
    }
}

#[dependency]
async fn need_key(x_key: Header<String>) -> Result<String, HttpError> {
    if *x_key == "fake-super-secret-key" {
        Ok(x_key.into_inner())
    } else {
        Err(HttpError::new(StatusCode::BAD_REQUEST, "X-Key header invalid"))
    }
}

#[get("/items/", dependencies(need_token, need_key))]
async fn guarded_items() -> Json<Value> {
    Json(json!([{ "item": "Foo" }, { "item": "Bar" }]))
}

// dep011: one dependency, configured twice

trait Needle: Send + Sync + 'static {
    const TEXT: &'static str;
}

struct Bar;

impl Needle for Bar {
    const TEXT: &'static str = "bar";
}

struct Foo;

impl Needle for Foo {
    const TEXT: &'static str = "foo";
}

#[dependency]
fn contains<N: Needle>(#[param(default = String::new())] q: Query<String>) -> bool {
    q.contains(N::TEXT)
}

#[get("/query-checker/")]
async fn check_query(has_bar: Depends<contains<Bar>>, has_foo: Depends<contains<Foo>>) -> Json<Value> {
    Json(json!({ "bar_in_query": *has_bar, "foo_in_query": *has_foo }))
}

// dep012: dependencies of a router

#[get("/items/")]
async fn items() -> Json<Value> {
    Json(json!([{ "item": "Portal Gun" }, { "item": "Plumbus" }]))
}

#[get("/users/")]
async fn users() -> Json<Value> {
    Json(json!([{ "username": "Rick" }, { "username": "Morty" }]))
}
