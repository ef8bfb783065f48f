#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn log(id: Path<u64>) {}

fn main() {}
