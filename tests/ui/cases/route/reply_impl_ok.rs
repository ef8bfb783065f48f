#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read() -> Result<impl std::fmt::Display, HttpError> {
    Ok("ok")
}

fn main() {}
