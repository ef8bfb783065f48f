#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(pool: Data<u32>) -> String {
    pool.to_string()
}

fn main() {}
