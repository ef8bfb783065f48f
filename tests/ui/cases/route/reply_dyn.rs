#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index() -> dyn IntoResponse {
    "ok"
}

fn main() {}
