#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

async fn user_of_test() -> String {
    String::from("ferris")
}

fn main() {
    let _app = App::new().override_dependency::<user>(user_of_test);
}
