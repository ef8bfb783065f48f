#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{id}")]
async fn first(id: Path<u64>) {}

#[put("/items/{item}")]
async fn second(item: Path<u64>) {}

fn main() {
    let _app = App::new().routes(routes![first, second]);
}
