#![allow(unused)]

use epilogue::prelude::*;

#[get("/my items/{id}")]
async fn index(id: Path<u32>) -> &'static str {
    "ok"
}

fn main() {}
