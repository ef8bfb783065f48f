#![allow(unused)]

use epilogue::prelude::*;

#[task(retry_on_panic)]
async fn pack() {
    
}

fn main() {}
