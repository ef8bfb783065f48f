#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn user() -> String {
    String::new()
}

#[get("/")]
async fn index(Depends(user): Depends<user>) -> String {
    user
}

fn main() {}
