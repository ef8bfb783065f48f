#![allow(unused)]

use epilogue::prelude::*;

#[epilogue::main(threads = 4)]
async fn main() -> epilogue::Result<()> {
    Ok(())
}
