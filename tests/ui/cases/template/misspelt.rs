#![allow(unused)]

use epilogue::prelude::*;

#[get("/items/{item_id}")]
async fn read(itemid: Path<u64>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
