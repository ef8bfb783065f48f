#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn log(line: u32, line: String) {}

fn main() {}
