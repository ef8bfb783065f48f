#![allow(unused)]

use epilogue::prelude::*;

#[get("/")]
async fn index(token: OAuth2PasswordBearer) -> String {
    token.token.into_inner()
}

fn main() {}
