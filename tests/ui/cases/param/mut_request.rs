#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list(request: &mut axum_core::extract::Request) -> &'static str {
    request.headers_mut().clear();
    "ok"
}

fn main() {}
