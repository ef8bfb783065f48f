//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[dependency]
fn user() -> String {
    String::from("root")
}

fn main() {}
