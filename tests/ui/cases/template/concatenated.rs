#![allow(unused)]

use epilogue::prelude::*;

#[get(concat!("/items", "/all"), hidden)]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
