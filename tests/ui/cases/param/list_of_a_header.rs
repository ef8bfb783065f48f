#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(tag: Vec<Header<String>>) -> &'static str {
    "ok"
}

fn main() {}
