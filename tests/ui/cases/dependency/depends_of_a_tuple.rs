#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[get("/items")]
async fn read(both: Depends<(user, user)>) -> &'static str {
    "ok"
}

fn main() {}
