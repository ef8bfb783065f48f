#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list(response: &mut Response) -> &'static str {
    response.status_mut();
    "ok"
}

fn main() {}
