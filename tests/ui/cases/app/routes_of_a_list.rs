#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn list() {}

fn main() {
    let _app = App::new().routes(vec![list]);
}
