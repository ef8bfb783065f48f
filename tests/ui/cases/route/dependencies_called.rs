#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn auth() {}

#[get("/items", dependencies(Depends(auth)))]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
