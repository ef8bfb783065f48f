#![allow(unused)]

use epilogue::prelude::*;

use std::result::Result as Checked;

#[dependency]
fn verify() -> Checked<(), HttpError> {
    Err(HttpError::new(StatusCode::UNAUTHORIZED, "no"))
}

#[get("/items", dependencies(verify))]
async fn read() -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
