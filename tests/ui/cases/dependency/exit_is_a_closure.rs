#![allow(unused)]

use epilogue::prelude::*;

#[dependency(exit = |_user: &u32, _outcome: &Outcome| async {})]
fn user() -> u32 {
    1
}

fn main() {}
