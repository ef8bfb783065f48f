//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(
    #[param(regex = "^a")] name: Query<String>,
    #[param(min = 1)] limit: Query<u32>,
) -> &'static str {
    "ok"
}

fn main() {}
