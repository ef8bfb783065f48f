//@ errors: 5
#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Serialize)]
struct Item;

#[get("/first", status = 204)]
async fn first() -> Json<Item> {
    Json(Item)
}

#[get("/second", status = 304)]
async fn second() -> Result<String, HttpError> {
    Ok(String::new())
}

#[get("/third", status = 205)]
async fn third() -> &'static str {
    ""
}

#[get("/fourth", status = 204)]
async fn fourth() -> Vec<u8> {
    Vec::new()
}

#[get("/fifth", status = 204)]
async fn fifth() -> Bytes {
    Bytes::new()
}

// The function may set another status.
#[get("/sixth", status = 304)]
async fn sixth(reply: &Reply) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth, fifth, sixth]);
}
