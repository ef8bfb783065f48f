#![allow(unused)]

use epilogue::prelude::*;

#[get("/pairs/{left}/{right}")]
async fn read(pair: Path<(u32, u32, u32)>) -> &'static str {
    "ok"
}

fn main() {}
