#![allow(unused)]

use epilogue::prelude::*;

enum Role {
    Admin,
}

#[get("/")]
async fn index(admin: Depends<Role::Admin>) -> &'static str {
    "ok"
}

fn main() {}
