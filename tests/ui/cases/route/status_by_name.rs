#![allow(unused)]

use epilogue::prelude::*;

#[post("/items", status = StatusCode::CREATED)]
async fn add() -> &'static str {
    "ok"
}

fn main() {}
