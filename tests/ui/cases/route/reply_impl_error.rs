#![allow(unused)]

use epilogue::prelude::*;

use epilogue::IntoResponse;

#[get("/items")]
async fn read() -> Result<impl IntoResponse, std::io::Error> {
    Ok("ok")
}

fn main() {}
