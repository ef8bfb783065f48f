#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(#[param(alias = "user agent")] agent: Header<String>) -> &'static str {
    "ok"
}

fn main() {}
