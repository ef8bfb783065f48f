#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn send() -> Result<(), impl std::fmt::Debug> {
    if true { Ok(()) } else { Err(3) }
}

fn main() {}
