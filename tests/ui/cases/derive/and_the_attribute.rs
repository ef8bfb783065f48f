#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
#[dependency]
struct Page {
    limit: Query<u32>,
}

#[get("/")]
async fn index(page: Depends<Page>) -> String {
    page.limit.to_string()
}

fn main() {}
