#![allow(unused)]

use epilogue::prelude::*;

use axum_core::extract::Request;

#[get("/items")]
async fn read(first: Extract<Request>, again: Extract<Request>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
