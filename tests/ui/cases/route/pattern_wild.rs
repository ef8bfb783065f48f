#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(_: Query<u32>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
