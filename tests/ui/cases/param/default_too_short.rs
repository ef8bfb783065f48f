#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(default = "ab".to_string(), min_length = 3)] name: Query<String>) -> &'static str {
    "ok"
}

fn main() {}
