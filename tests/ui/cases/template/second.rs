#![allow(unused)]

use epilogue::prelude::*;

#[get("/items", "/all")]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
