#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
#[get("/items")]
async fn index() -> String {
    String::new()
}

fn main() {}
