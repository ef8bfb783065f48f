#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(tags: Vec<String>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
