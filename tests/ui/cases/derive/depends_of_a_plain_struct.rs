#![allow(unused)]

use epilogue::prelude::*;

struct User;

#[derive(Dependency)]
struct Filter {
    user: Depends<User>,
}

fn main() {}
