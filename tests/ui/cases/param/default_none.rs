#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list(#[param(default = None)] limit: Query<u32>) -> &'static str {
    "ok"
}

fn main() {}
