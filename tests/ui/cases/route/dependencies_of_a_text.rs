#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn verify() {}

#[get("/", dependencies("verify"))]
async fn index() -> &'static str {
    "ok"
}

fn main() {}
