#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Item {
    name: String,
    price: f64,
}

#[post("/")]
async fn add(#[param(fields(naem(min_length = 3)))] item: Json<Item>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![add]);
}
