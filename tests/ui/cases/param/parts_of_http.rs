#![allow(unused)]

use epilogue::prelude::*;

mod request {
    pub struct Parts {
        pub uri: String,
    }
}

#[get("/")]
async fn index(parts: request::Parts) -> String {
    parts.uri
}

fn main() {}
