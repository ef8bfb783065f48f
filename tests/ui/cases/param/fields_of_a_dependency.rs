#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Item {
    name: String,
    price: f64,
}

#[dependency]
fn item() -> Item {
    unimplemented!()
}

#[post("/")]
async fn add(#[param(fields(name(min_length = 3)))] item: Depends<item>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![add]);
}
