#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{{id}}")]
async fn index(id: Path<u32>) -> &'static str {
    "ok"
}

fn main() {}
