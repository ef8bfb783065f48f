#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
struct Filter(Query<u32>);

#[get("/")]
async fn index(filter: Depends<Filter>) -> &'static str {
    let _ = filter;
    "ok"
}

fn main() {}
