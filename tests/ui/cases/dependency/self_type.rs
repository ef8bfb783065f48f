#![allow(unused)]

use epilogue::prelude::*;

struct User;

impl User {
    #[dependency]
    fn new() -> Self {
        User
    }
}

fn main() {}
