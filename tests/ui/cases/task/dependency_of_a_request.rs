#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user(q: Query<u32>) -> u32 {
    *q
}

#[task]
async fn pack(user: Depends<user>) {
    
}

fn main() {}
