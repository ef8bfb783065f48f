#![allow(unused)]

use epilogue::prelude::*;

#[get("/files/*path")]
async fn read(path: Path<String>) -> &'static str {
    "ok"
}

fn main() {}
