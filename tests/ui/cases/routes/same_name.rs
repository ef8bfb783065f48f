//@ errors: 3
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn items() -> &'static str {
    "all"
}

#[post("/items")]
async fn items() -> &'static str {
    "added"
}

fn main() {
    let _app = App::new().routes(routes![items]);
}
