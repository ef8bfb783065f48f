//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn send(to: str | None) {}

fn main() {}
