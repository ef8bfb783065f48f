#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
struct Filter {
    name: &'static str,
}

#[get("/")]
async fn index(filter: Depends<Filter>) {}

fn main() {}
