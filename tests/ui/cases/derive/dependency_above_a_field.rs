#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[derive(Dependency)]
struct Login {
    #[dependency(scope = "app")]
    user: Depends<user>,
}

fn main() {}
