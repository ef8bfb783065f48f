#![allow(unused)]

use epilogue::prelude::*;

#[post("/items")]
async fn add(body: Vec<u8>) -> &'static str {
    "ok"
}

fn main() {}
