#![allow(unused)]

use epilogue::prelude::*;

type ApiResult<T> = Result<T, HttpError>;

#[dependency]
fn repository<T: Default + Send + Sync + 'static>() -> ApiResult<T> {
    Ok(T::default())
}

fn main() {}
