#![allow(unused)]

use epilogue::prelude::*;

#[post("/")]
async fn index(item: Result<Json<u32>, Rejection>) -> &'static str {
    "ok"
}

fn main() {}
