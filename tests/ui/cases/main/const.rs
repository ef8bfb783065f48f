#![allow(unused)]

use epilogue::prelude::*;

#[epilogue::main]
const async fn main() {}
