#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack((a, b): (u32, u32)) {
    
}

fn main() {}
