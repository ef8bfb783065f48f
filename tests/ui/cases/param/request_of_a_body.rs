#![allow(unused)]

use axum_core::body::Body;
use axum_core::extract::Request;
use epilogue::prelude::*;

#[post("/items")]
async fn add(request: Request<Body>) -> &'static str {
    "ok"
}

fn main() {}
