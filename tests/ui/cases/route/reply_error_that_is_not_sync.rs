#![allow(unused)]

use axum_core::response::Response;
use epilogue::prelude::*;

#[get("/items")]
async fn read() -> Result<String, Response> {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
