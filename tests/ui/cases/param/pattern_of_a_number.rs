#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(pattern = "a")] item: Query<Option<u32>>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
