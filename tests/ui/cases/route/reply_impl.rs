#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read() -> impl std::fmt::Display {
    "ok"
}

fn main() {}
