#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn name() -> str {
    *"name"
}

fn main() {}
