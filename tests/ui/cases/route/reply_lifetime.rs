#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read<'a>(name: &'a Query<String>) -> Json<std::borrow::Cow<'a, str>> {
    Json(name.as_str().into())
}

fn main() {}
