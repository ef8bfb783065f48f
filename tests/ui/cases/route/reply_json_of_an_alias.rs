#![allow(unused)]

use epilogue::prelude::*;

struct Item;

type JsonResult<T> = Result<Json<T>, HttpError>;

#[get("/items")]
async fn read() -> JsonResult<Item> {
    Ok(Json(Item))
}

fn main() {}
