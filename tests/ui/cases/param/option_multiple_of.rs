#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(multiple_of = 5)] page: Query<u32>) -> &'static str {
    "ok"
}

fn main() {}
