//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

struct Item;

#[get("/items")]
async fn read(item: Item) -> Item {
    item
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
