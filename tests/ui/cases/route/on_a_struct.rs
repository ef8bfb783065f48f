#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
struct Index;

fn main() {}
