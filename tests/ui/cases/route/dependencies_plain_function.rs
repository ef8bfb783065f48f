#![allow(unused)]

use epilogue::prelude::*;

fn check() {}

#[get("/items", dependencies(check))]
async fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
