#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn note<'a>(line: String) {}

fn main() {}
