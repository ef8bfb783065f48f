#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read() -> Option<Json<u8>> {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
