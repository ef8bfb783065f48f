#![allow(unused)]

use std::borrow::Cow;

use epilogue::prelude::*;

#[derive(Dependency)]
struct Filter<'a> {
    name: Query<Cow<'a, str>>,
}

fn main() {}
