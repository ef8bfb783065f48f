#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(ge >= 1)] page: Query<u32>) -> &'static str {
    "ok"
}

fn main() {}
