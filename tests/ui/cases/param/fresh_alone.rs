#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn ticket() -> u32 {
    1
}

#[get("/items")]
async fn read(ticket: Fresh<ticket>) -> &'static str {
    "ok"
}

fn main() {}
