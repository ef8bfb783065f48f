#![allow(unused)]

use epilogue::prelude::*;

#[get(status = 201, "/items")]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
