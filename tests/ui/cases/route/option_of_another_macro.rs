//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items", exit = close, retries = 3, ge = 1, protocols("chat"))]
async fn list() -> &'static str {
    "ok"
}

async fn close(_output: &u8, _outcome: &Outcome) {}

fn main() {}
