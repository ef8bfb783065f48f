//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("items")]
async fn first() {}

#[get("others")]
async fn second() {}

fn main() {
    let _app = App::new().routes(routes![first, second]);
}
