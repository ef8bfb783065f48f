#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index() -> Json<str> {
    todo!()
}

fn main() {}
