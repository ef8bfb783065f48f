#![allow(unused)]

use epilogue::prelude::*;

const ITEMS: &str = "/items";

#[get(ITEMS)]
async fn read() -> &'static str {
    "ok"
}

fn main() {}
