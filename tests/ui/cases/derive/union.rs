#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
union Filter {
    limit: std::mem::ManuallyDrop<u32>,
}

#[get("/")]
async fn index(filter: Depends<Filter>) -> &'static str {
    let _ = filter;
    "ok"
}

fn main() {}
