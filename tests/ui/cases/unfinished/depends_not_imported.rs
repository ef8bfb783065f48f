#![allow(unused)]

use epilogue::{dependency, get};

#[dependency]
fn user() -> u32 {
    1
}

#[get("/")]
async fn read(user: Depends<user>) -> String {
    user.to_string()
}

fn main() {}
