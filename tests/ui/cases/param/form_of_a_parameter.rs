#![allow(unused)]

use epilogue::prelude::*;

#[post("/login")]
async fn login(form: Form<OAuth2PasswordForm>) -> &'static str {
    "ok"
}

fn main() {}
