#![allow(unused)]

use epilogue::prelude::*;

#[epilogue::main]
async unsafe fn main() {}
