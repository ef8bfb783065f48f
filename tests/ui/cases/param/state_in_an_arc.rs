#![allow(unused)]

use epilogue::prelude::*;

use std::sync::Arc;

struct Pool;

#[get("/")]
async fn index(pool: Arc<Pool>) -> &'static str {
    "ok"
}

fn main() {}
