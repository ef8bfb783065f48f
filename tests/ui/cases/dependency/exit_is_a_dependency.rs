#![allow(unused)]

use epilogue::prelude::*;

#[dependency(exit = close)]
fn session() -> u32 {
    1
}

#[dependency]
async fn close(session: &u32, outcome: &Outcome) {}

fn main() {}
