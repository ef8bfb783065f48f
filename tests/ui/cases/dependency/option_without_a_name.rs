#![allow(unused)]

use epilogue::prelude::*;

#[dependency("app")]
fn pool() -> u32 {
    1
}

fn main() {}
