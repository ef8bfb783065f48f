#![allow(unused)]

use epilogue::prelude::*;

#[post("/photos")]
async fn add(photo: Form<UploadFile>) -> &'static str {
    "ok"
}

fn main() {}
