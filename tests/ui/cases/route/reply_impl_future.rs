#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
fn read() -> impl Future<Output = String> {
    async { String::new() }
}

fn main() {}
