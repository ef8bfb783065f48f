#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[get("/")]
async fn index(user: Depends<"user">) -> String {
    user.to_string()
}

fn main() {}
