#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(gt = 2, le = 2)] item: Query<u32>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
