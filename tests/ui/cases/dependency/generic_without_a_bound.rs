#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn item<T: Send + Sync>(q: Query<T>) -> u32 {
    1
}

fn main() {}
