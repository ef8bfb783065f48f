//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[post("/items", status_code = 201, response_model = Item)]
async fn add() -> &'static str {
    "ok"
}

fn main() {}
