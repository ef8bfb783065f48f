#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn log(pool: State<u32>, line: String) {}

fn main() {}
