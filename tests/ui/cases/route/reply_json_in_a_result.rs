#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Item {
    name: String,
}

#[get("/items")]
async fn read() -> Result<(StatusCode, Json<Vec<Item>>), HttpError> {
    Ok((StatusCode::OK, Json(Vec::new())))
}

fn main() {}
