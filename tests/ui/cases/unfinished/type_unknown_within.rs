#![allow(unused)]

use epilogue::prelude::*;

#[post("/items")]
async fn add(items: Json<Vec<Itme>>) -> Json<u32> {
    Json(1)
}

fn main() {
    let _app = App::new().routes(routes![add]);
}
