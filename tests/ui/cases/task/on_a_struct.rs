#![allow(unused)]

use epilogue::prelude::*;

#[task]
struct Mail {
    to: String,
}

fn main() {}
