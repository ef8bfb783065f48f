#![allow(unused)]

use epilogue::prelude::*;

trait Repository: Send + Sync {}

#[get("/items")]
async fn read(repository: Box<dyn Repository>) -> &'static str {
    "ok"
}

fn main() {}
