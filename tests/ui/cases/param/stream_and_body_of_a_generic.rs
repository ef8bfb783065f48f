#![allow(unused)]

use axum_core::extract::Request;
use epilogue::prelude::*;

#[dependency]
fn upload<const LIMIT: u32>(request: Extract<Request>, body: Bytes) -> u32 {
    LIMIT
}

#[post("/")]
async fn index(upload: Depends<upload<3>>) -> String {
    upload.to_string()
}

fn main() {}
