#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Page {
    skip: u32,
}

#[get("/")]
async fn index(Page { skip }: Query<Page>) -> String {
    skip.to_string()
}

fn main() {}
