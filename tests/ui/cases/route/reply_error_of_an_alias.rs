#![allow(unused)]

use epilogue::prelude::*;

type ApiResult<T> = Result<T, std::io::Error>;

#[get("/items")]
async fn read() -> ApiResult<String> {
    Ok(String::new())
}

fn main() {}
