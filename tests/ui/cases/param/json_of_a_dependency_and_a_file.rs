#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn item(item: Json<u32>) -> u32 {
    *item
}

#[post("/items")]
async fn add(item: Depends<item>, photo: File<UploadFile>) -> &'static str {
    "ok"
}

fn main() {}
