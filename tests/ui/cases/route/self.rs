#![allow(unused)]

use epilogue::prelude::*;

struct Items;

impl Items {
    #[get("/items")]
    async fn list(&self) -> String {
        String::new()
    }
}

fn main() {}
