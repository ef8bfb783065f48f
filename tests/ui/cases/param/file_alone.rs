#![allow(unused)]

use epilogue::prelude::*;

#[post("/photos")]
async fn add(photo: UploadFile) -> &'static str {
    "ok"
}

fn main() {}
