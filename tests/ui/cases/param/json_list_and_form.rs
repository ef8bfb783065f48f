#![allow(unused)]

use epilogue::prelude::*;

#[post("/items")]
async fn add(items: Json<Vec<u32>>, name: Form<String>) -> &'static str {
    "ok"
}

#[post("/notes")]
async fn note(note: Json<Option<u32>>, name: Form<String>, files: File<Vec<UploadFile>>) -> &'static str {
    "ok"
}

fn main() {}
