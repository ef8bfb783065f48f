#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index() -> (StatusCode, String, Json<u32>) {
    (StatusCode::OK, String::new(), Json(1))
}

fn main() {}
