#![allow(unused)]

use epilogue::prelude::*;

#[dependency(use_cache = false)]
fn ticket() -> u32 {
    1
}

fn main() {}
