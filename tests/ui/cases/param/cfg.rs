#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[cfg(unix)] limit: Query<u32>) -> &'static str {
    "ok"
}

fn main() {}
