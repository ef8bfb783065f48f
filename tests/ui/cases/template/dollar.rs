#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/${id}")]
async fn first(id: Path<u32>) {}

fn main() {
    let _app = App::new().routes(routes![first]);
}
