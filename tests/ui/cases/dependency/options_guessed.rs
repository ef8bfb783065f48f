//@ errors: 6
#![allow(unused)]

use epilogue::prelude::*;

async fn end(_: &u32, _: &Outcome) {}

#[dependency(yield = end)]
fn first() -> u32 {
    1
}

#[dependency(close = end)]
fn second() -> u32 {
    1
}

#[dependency(teardown = end, cleanup = end)]
fn third() -> u32 {
    1
}

#[dependency(dependencies(first), create)]
fn fourth() -> u32 {
    1
}

fn main() {}
