#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(name: Query<String>) -> &String {
    &name
}

fn main() {}
