#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
mod users {}

fn main() {}
