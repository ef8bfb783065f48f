#![allow(unused)]

use epilogue::prelude::*;

#[epilogue::main]
async fn main(address: String) -> epilogue::Result<()> {
    drop(address);
    Ok(())
}
