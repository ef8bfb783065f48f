#![allow(unused)]

use epilogue::prelude::*;

#[get("/items", response_model = 1)]
async fn read() -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
