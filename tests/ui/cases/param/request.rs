#![allow(unused)]

use epilogue::prelude::*;

#[post("/items")]
async fn add(request: axum_core::extract::Request) -> &'static str {
    "ok"
}

fn main() {}
