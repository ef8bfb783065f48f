#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(name: Query<str>) -> &'static str {
    "ok"
}

fn main() {}
