#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/:id([0-9]+)")]
async fn index(id: Path<u32>) -> &'static str {
    "ok"
}

fn main() {}
