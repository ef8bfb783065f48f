#![allow(unused)]

use epilogue::prelude::*;

use epilogue::IntoResponse;

#[get("/items")]
async fn read() -> Option<impl IntoResponse> {
    Some("ok")
}

fn main() {}
