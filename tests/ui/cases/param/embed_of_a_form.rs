#![allow(unused)]

use epilogue::prelude::*;

#[post("/")]
async fn add(#[param(embed)] name: Form<String>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![add]);
}
