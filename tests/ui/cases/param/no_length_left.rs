#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(min_length = 3, max_length = 2)] item: Query<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
