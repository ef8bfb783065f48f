#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(
    /// How many.
    page: Query<u32>,
) -> &'static str {
    "ok"
}

fn main() {}
