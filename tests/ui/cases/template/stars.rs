//@ errors: 4
#![allow(unused)]

use epilogue::prelude::*;

#[get("/files/**")]
async fn first(rest: Path<String>) {}

#[get("/files/**rest")]
async fn second(rest: Path<String>) {}

#[get("/files/{**rest}")]
async fn third(rest: Path<String>) {}

#[get("/files/{*}")]
async fn fourth(rest: Path<String>) {}

fn main() {
    let _app = App::new().routes(routes![first, second, third, fourth]);
}
