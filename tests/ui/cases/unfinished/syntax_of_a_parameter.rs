#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn index(limit) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
