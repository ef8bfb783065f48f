#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list() -> JSONResponse {
    todo!()
}

fn main() {}
