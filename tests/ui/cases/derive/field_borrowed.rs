#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
struct Filter {
    name: Query<&'static str>,
}

#[get("/")]
async fn index(filter: Depends<Filter>) -> &'static str {
    let _ = filter;
    "ok"
}

fn main() {}
