#![allow(unused)]

use epilogue::prelude::*;

struct Key;

#[get("/items")]
async fn read(key: ApiKeyHeader<Key>) -> &'static str {
    "ok"
}

fn main() {}
