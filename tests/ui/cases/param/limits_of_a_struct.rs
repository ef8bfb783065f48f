#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Deserialize)]
struct Page {
    limit: u32,
}

#[get("/items")]
async fn index(#[param(ge = 1)] page: Query<Page>) -> String {
    String::new()
}

fn main() {
    let _app = App::new().routes(routes![index]);
}
