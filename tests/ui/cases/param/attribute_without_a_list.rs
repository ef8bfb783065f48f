#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param = "item"] name: Query<String>) -> &'static str {
    "ok"
}

fn main() {}
