#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[get("/items")]
async fn read(user: user) -> &'static str {
    "ok"
}

fn main() {}
