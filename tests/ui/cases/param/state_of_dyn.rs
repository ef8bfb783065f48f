#![allow(unused)]

use epilogue::prelude::*;

trait Repository {}

#[get("/")]
async fn index(items: State<dyn Repository>) -> &'static str {
    "ok"
}

fn main() {}
