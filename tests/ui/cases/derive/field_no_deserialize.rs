#![allow(unused)]

use epilogue::prelude::*;

struct Page;

#[derive(Dependency)]
struct Filter {
    page: Query<Page>,
}

#[get("/")]
async fn index(filter: Depends<Filter>) -> &'static str {
    let _ = filter;
    "ok"
}

fn main() {}
