#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack() -> u32 {
    1
}

fn main() {}
