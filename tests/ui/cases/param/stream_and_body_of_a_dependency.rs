#![allow(unused)]

use epilogue::prelude::*;

use axum_core::extract::Request;

#[dependency]
fn form(name: Form<String>) -> String {
    name.into_inner()
}

#[get("/items")]
async fn read(form: Depends<form>, request: Extract<Request>) -> String {
    unimplemented!()
}

fn main() {
    let _app = App::new().routes(routes![read]);
}
