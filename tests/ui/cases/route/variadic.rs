//@ errors: 3
#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
unsafe extern "C" fn read(_: ...) {}

fn main() {}
