#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{int:id}")]
async fn index(id: Path<u32>) -> &'static str {
    "ok"
}

fn main() {}
