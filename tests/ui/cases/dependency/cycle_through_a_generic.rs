#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn at_least<const N: u32>(limit: Depends<limit>) -> u32 {
    N.max(*limit)
}

#[dependency]
fn limit(at_least: Depends<at_least<3>>) -> u32 {
    *at_least
}

fn main() {}
