#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn read(name: Query<&str>) -> String {
    name.to_string()
}

fn main() {}
