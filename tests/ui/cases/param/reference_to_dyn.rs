#![allow(unused)]

use epilogue::prelude::*;

trait Repository: Send + Sync {}

#[get("/items")]
async fn read(repository: &dyn Repository) -> &'static str {
    "ok"
}

fn main() {}
