//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/:id.json")]
async fn first(id: Path<u32>) {}

#[get("/items/{id.json}")]
async fn second(id: Path<u32>) {}

fn main() {
    let _app = App::new().routes(routes![first, second]);
}
