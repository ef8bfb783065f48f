#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(from_prefix)] item: Query<u32>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
