#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read() -> (String, StatusCode) {
    (String::new(), StatusCode::OK)
}

fn main() {}
