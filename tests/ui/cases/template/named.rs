#![allow(unused)]

use epilogue::prelude::*;

#[get(path = "/items")]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
