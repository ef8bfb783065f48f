#![allow(unused)]

use epilogue::prelude::*;

#[get("/files/{rest...}")]
async fn index(rest: Path<String>) -> &'static str {
    "ok"
}

fn main() {}
