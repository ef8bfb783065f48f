#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list(limit: Query) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![list]);
}
