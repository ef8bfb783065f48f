#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(body: &[u8]) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
