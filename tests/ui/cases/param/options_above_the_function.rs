#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
#[param(ge = 1)]
async fn index(page: Query<u32>) -> &'static str {
    "ok"
}

fn main() {}
