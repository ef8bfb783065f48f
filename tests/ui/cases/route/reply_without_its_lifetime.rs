#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Serialize)]
struct Item<'a> {
    name: &'a str,
}

#[get("/items")]
async fn read(name: &Query<String>) -> Json<Item> {
    Json(Item { name })
}

fn main() {}
