#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{id}")]
async fn read(id: Path<Option<u32>>) -> &'static str {
    "ok"
}

fn main() {}
