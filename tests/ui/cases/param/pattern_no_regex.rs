#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(#[param(pattern = "[a-z")] item: Query<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
