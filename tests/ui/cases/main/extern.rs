#![allow(unused)]

use epilogue::prelude::*;

#[epilogue::main]
async extern "C" fn main() {}
