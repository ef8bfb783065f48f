#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(method: Method) -> String {
    method.to_string()
}

fn main() {}
