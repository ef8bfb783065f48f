#![allow(unused)]

use epilogue::prelude::*;

#[get("/", blocking = false)]
async fn read() -> String {
    String::new()
}

fn main() {}
