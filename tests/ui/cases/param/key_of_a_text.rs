#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(key: ApiKeyHeader<"X-Key">) -> &'static str {
    "ok"
}

fn main() {}
