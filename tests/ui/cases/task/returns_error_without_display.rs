#![allow(unused)]

use epilogue::prelude::*;

struct Broken;

#[task]
async fn pack() -> Result<(), Broken> {
    Err(Broken)
}

fn main() {}
