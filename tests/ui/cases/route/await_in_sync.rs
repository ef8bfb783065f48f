#![allow(unused)]

use epilogue::prelude::*;

async fn load() -> String {
    String::new()
}

#[get("/items")]
fn read() -> String {
    load().await
}

fn main() {}
