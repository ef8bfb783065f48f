//@ errors: 5
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(
    #[param(regex = "^a")] name: Query<String>,
    #[param(min = 1)] limit: Query<u32>,
    #[param(default_factory = now)] since: Query<u64>,
    #[param(validation_alias = "from")] start: Query<u64>,
    #[param(examples = [1, 2])] page: Query<u32>,
) -> &'static str {
    "ok"
}

fn main() {}
