//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[get("/:user/{id")]
async fn read() {}

fn main() {
    let _app = App::new().routes(routes![read]);
}
