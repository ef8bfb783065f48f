#![allow(unused)]

use epilogue::prelude::*;

#[post("/items")]
async fn add(item: Json<u32>, name: Form<String>) -> &'static str {
    "ok"
}

fn main() {}
