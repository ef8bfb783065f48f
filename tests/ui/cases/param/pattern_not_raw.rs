#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list(#[param(pattern = "^\d+$")] code: Query<String>) -> String {
    code.into_inner()
}

fn main() {
    let _app = App::new().routes(routes![list]);
}
