#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(q: Query<u32>) -> String {
    *q
}

fn main() {}
