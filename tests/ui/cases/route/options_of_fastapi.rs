//@ errors: 5
#![allow(unused)]

use epilogue::prelude::*;

#[post("/items", status_code = 201, response_model = Item)]
async fn add() -> &'static str {
    "ok"
}

#[get("/items", summary = "All items", response_model_exclude_unset = true)]
async fn list() -> &'static str {
    "[]"
}

#[delete("/items", responses(404 = Message))]
async fn remove() {}

fn main() {}
