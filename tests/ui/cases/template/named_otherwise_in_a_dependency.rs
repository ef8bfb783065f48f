#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn item(item_id: Path<u64>) -> u64 {
    *item_id
}

#[get("/items/{id}")]
async fn read(item: Depends<item>) -> String {
    item.to_string()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
