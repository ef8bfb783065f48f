#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn items(#[param(default = 10)] limit: Query<u32>) -> String {
    let twice = *limit * 2
    twice.to_string()
}

fn main() {
    let _app = App::new().routes(routes![items]);
}
