#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(item: Query<Itme>) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
