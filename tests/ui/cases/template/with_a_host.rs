#![allow(unused)]

use epilogue::prelude::*;

#[get("http://localhost/items")]
async fn index() -> &'static str {
    "ok"
}

fn main() {}
