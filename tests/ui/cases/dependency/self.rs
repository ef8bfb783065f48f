#![allow(unused)]

use epilogue::prelude::*;

struct Users;

impl Users {
    #[dependency]
    fn user(&self) -> u32 {
        1
    }
}

fn main() {}
