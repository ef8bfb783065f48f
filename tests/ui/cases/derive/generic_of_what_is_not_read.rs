#![allow(unused)]

use epilogue::prelude::*;

struct Page;

#[derive(Dependency)]
struct Filter<T> {
    value: Query<T>,
}

#[get("/")]
async fn index(filter: Depends<Filter<Page>>) -> &'static str {
    "ok"
}

fn main() {}
