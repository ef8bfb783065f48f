#![allow(unused)]

use epilogue::prelude::*;

struct Missing;

type ApiResult<T> = Result<T, Missing>;

#[dependency]
fn user() -> ApiResult<u32> {
    Err(Missing)
}

fn main() {}
