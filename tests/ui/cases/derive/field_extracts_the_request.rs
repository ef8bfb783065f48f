#![allow(unused)]

use axum_core::extract::Request;
use epilogue::prelude::*;

#[derive(Dependency)]
struct Upload {
    request: Extract<Request>,
}

#[post("/")]
async fn index(upload: Depends<Upload>) -> &'static str {
    "ok"
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
