#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(limit: Option<u32>) -> String {
    String::new()
}

fn main() {}
