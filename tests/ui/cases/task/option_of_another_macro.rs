//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[task(blocking, dependencies(note))]
fn note() {}

fn main() {}
