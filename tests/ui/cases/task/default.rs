//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn send(to: String = "all") {}

fn main() {}
