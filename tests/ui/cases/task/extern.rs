#![allow(unused)]

use epilogue::prelude::*;

#[task]
extern "C" fn pack() {
    
}

fn main() {}
