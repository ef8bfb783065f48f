//@ errors: 2
#![allow(unused)]

use axum_core::extract::{Request, rejection::BytesRejection};
use epilogue::prelude::*;

#[post("/items")]
async fn optional(body: Option<Extract<Request>>) -> String {
    unimplemented!()
}

#[post("/caught")]
async fn caught(body: Result<Extract<axum_core::body::Body>, BytesRejection>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![optional, caught]);
}
