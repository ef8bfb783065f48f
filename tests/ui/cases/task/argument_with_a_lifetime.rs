#![allow(unused)]

use epilogue::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Order<'a> {
    item: &'a str,
}

#[task]
async fn note(order: Order<'_>) {}

fn main() {}
