#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Filter<'a> {
    by: &'a str,
}

#[dependency]
fn filter(query: Query<Filter>) -> u32 {
    1
}

fn main() {}
