#![allow(unused)]

use epilogue::prelude::*;

#[derive(Dependency)]
struct Page {
    user: Depends<current_user>,
}

fn main() {}
