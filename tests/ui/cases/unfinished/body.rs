//@ errors: 3
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(q: Query<u32>) -> String {
    let n = q.
}

fn main() {}
