#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read() -> std::io::Result<String> {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
