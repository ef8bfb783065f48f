#![allow(unused)]

use epilogue::prelude::*;
use std::borrow::Cow;

#[dependency]
fn name() -> Cow<str> {
    Cow::Borrowed("ferris")
}

fn main() {}
