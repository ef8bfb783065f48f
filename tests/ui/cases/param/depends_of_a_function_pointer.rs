#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(user: Depends<fn() -> String>) -> String {
    user()
}

fn main() {}
