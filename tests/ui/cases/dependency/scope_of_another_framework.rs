#![allow(unused)]

use epilogue::prelude::*;

#[dependency(scope = "singleton")]
fn pool() -> u32 {
    1
}

fn main() {}
