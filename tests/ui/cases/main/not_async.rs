#![allow(unused)]

use epilogue::prelude::*;

#[epilogue::main]
fn main() -> epilogue::Result<()> {
    Ok(())
}
