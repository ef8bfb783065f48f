#![allow(unused)]

use epilogue::prelude::*;

#[post("/items"; status = 201)]
async fn add() -> &'static str {
    "ok"
}

fn main() {}
