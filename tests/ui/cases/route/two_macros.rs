#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
#[post("/items")]
async fn index() -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
