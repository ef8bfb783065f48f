#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{id?}")]
async fn read(id: Path<u64>) -> &'static str {
    "ok"
}

fn main() {}
