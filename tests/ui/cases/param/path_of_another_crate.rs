#![allow(unused)]

use epilogue::prelude::*;
use other::Path;

mod other {
    pub struct Path<T>(pub T);
}

#[get("/{id}")]
async fn index(id: Path<u32>) -> &'static str {
    "ok"
}

fn main() {}
