#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

fn main() {
    let _app = App::new().override_dependency::<user>(|| 3);
}
