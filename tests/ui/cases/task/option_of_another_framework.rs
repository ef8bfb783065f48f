#![allow(unused)]

use epilogue::prelude::*;

#[task(max_retries = 3)]
async fn log(line: String) {}

fn main() {}
