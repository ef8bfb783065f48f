#![allow(unused)]

use epilogue::prelude::*;

#[task(timeout = 30)]
async fn pack() {
    
}

fn main() {}
