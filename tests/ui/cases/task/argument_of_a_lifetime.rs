#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn note<'a>(line: &'a str) {}

fn main() {}
