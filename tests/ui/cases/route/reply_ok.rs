#![allow(unused)]

use epilogue::prelude::*;

struct Item;

#[get("/items")]
async fn read() -> Result<Item, HttpError> {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
