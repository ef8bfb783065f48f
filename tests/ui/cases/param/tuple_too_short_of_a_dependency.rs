#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn pair(pair: Path<(u32, u32)>) -> (u32, u32) {
    *pair
}

#[get("/points/{x}/{y}/{z}")]
async fn read(pair: Depends<pair>) -> &'static str {
    "ok"
}

fn main() {}
