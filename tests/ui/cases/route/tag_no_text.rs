#![allow(unused)]

use epilogue::prelude::*;

#[get("/items", tags(items))]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
