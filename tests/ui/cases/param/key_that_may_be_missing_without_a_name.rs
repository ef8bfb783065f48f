#![allow(unused)]

use epilogue::prelude::*;

struct Key;

#[get("/")]
async fn index(key: Option<ApiKeyHeader<Key>>) -> &'static str {
    "ok"
}

fn main() {}
