#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn read(name: &'static str) -> String {
    name.to_owned()
}

fn main() {}
