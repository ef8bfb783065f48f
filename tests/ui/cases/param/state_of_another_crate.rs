#![allow(unused)]

use epilogue::prelude::*;
use other::State;

mod other {
    pub struct State<T>(pub T);
}

#[get("/")]
async fn index(pool: State<u32>) -> &'static str {
    "ok"
}

fn main() {}
