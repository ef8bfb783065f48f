#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(default = Some(300), le = 100)] limit: Query<Option<u32>>) -> &'static str {
    "ok"
}

fn main() {}
