#![allow(unused)]

use epilogue::prelude::*;

trait Repository: Send + Sync {}

#[get("/items")]
async fn read(repository: Depends<dyn Repository>) -> &'static str {
    "ok"
}

fn main() {}
