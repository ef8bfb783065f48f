#![allow(unused)]

use epilogue::prelude::*;

use axum_core::extract::Request;

#[get("/items")]
async fn read(request: Extract<Request>, item: Json<u32>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
