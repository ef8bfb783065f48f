#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(basic: Result<HttpBasic, Rejection>) -> &'static str {
    "ok"
}

fn main() {}
