#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn auth() {}

#[get("/items")]
async fn read(_: Depends<auth>) -> &'static str {
    "ok"
}

fn main() {}
