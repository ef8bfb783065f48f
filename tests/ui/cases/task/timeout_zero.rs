#![allow(unused)]

use epilogue::prelude::*;

#[task(timeout = "0s")]
async fn pack() {
    
}

fn main() {}
