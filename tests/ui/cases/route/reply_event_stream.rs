#![allow(unused)]

use epilogue::prelude::*;

#[get("/events")]
async fn events() -> EventStream {
    todo!()
}

fn main() {}
