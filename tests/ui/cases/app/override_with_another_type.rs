#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[dependency]
fn number() -> u32 {
    1
}

fn main() {
    let _app = App::new().override_dependency_with::<user, number>();
}
