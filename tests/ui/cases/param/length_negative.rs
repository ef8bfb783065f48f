#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(min_length = -1)] item: Query<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
