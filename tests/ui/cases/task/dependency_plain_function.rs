#![allow(unused)]

use epilogue::prelude::*;

fn user() -> u32 {
    1
}

#[task]
async fn pack(user: Depends<user>) {
    
}

fn main() {}
