#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index() -> Json<_> {
    Json(1)
}

fn main() {}
