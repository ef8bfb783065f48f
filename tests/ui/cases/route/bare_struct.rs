#![allow(unused)]

use epilogue::prelude::*;

struct Item;

#[get("/items")]
async fn read(item: Item) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
