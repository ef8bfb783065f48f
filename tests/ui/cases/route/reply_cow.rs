#![allow(unused)]

use epilogue::prelude::*;
use std::borrow::Cow;

#[get("/items")]
async fn read(name: &Query<String>) -> Result<Cow<str>, HttpError> {
    Ok(Cow::Borrowed(name))
}

fn main() {}
