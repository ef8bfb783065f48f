#![allow(unused)]

use epilogue::prelude::*;

struct Item;

#[get("/items")]
async fn read() -> Item {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
