#![allow(unused)]

use epilogue::prelude::*;

#[post("/items", status = 99999)]
async fn add() -> &'static str {
    "ok"
}

fn main() {}
