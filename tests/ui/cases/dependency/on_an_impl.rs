#![allow(unused)]

use epilogue::prelude::*;

struct User;

#[dependency]
impl User {
    fn new() -> Self {
        User
    }
}

fn main() {}
