#![allow(unused)]

use epilogue::prelude::*;

#[get("GET /items")]
async fn index() -> &'static str {
    "ok"
}

fn main() {}
