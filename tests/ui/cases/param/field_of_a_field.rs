#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Offer {
    item: Item,
}

#[derive(serde::Deserialize)]
struct Item {
    name: String,
}

#[post("/")]
async fn add(#[param(fields(item(name(min_length = 3))))] offer: Json<Offer>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![add]);
}
