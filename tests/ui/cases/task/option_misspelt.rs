#![allow(unused)]

use epilogue::prelude::*;

#[task(retires = 3)]
async fn pack() {
    
}

fn main() {}
