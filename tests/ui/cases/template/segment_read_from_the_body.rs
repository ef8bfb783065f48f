#![allow(unused)]

use epilogue::prelude::*;

#[get("/hello/{name}")]
async fn hello(name: String) -> String {
    name
}

fn main() {}
