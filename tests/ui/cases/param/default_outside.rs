#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(default = 0, ge = 1)] item: Query<u32>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
