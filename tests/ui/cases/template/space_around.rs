//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[get(" /items")]
async fn first() {}

#[get("/items ")]
async fn second() {}

#[get("/items\n")]
async fn third() {}

#[get(" items ")]
async fn fourth() {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth]);
}
