#![allow(unused)]

use epilogue::prelude::*;

#[dependency]
fn check() {}

#[get("/items", dependencies(check, check))]
async fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
