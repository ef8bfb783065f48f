//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

fn verify() {}

#[get("/items", dependencies(verify))]
async fn items() {}

#[get("/users", dependencies(verify))]
async fn users() {}

fn main() {
    let _app = App::new().routes(routes![items, users]);
}
