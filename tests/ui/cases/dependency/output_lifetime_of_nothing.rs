#![allow(unused)]

use epilogue::prelude::*;

use std::borrow::Cow;

#[dependency]
fn name(name: Query<String>) -> Cow<'_, str> {
    name.into_inner().into()
}

#[get("/")]
async fn index(name: Depends<name>) -> &'static str {
    "ok"
}

fn main() {}
