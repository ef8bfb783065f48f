#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn verify_token() {}

#[dependency]
fn verify_key() {}

#[get("/items", dependencies(verify_token,, verify_key))]
async fn list() {}

fn main() {
    let _app = App::new().routes(routes![list]);
}
