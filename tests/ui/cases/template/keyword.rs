#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{type}")]
async fn read(type_: Path<String>) -> &'static str {
    "ok"
}

fn main() {}
