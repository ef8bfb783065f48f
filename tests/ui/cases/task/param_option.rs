#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack(#[param(ge = 1)] n: u32) {
    
}

fn main() {}
