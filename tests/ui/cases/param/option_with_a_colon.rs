#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(ge: 1)] limit: Query<u32>) -> &'static str {
    "ok"
}

fn main() {}
