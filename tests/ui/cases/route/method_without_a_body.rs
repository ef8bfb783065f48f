#![allow(unused)]

use epilogue::prelude::*;

trait Items {
    #[get("/items")]
    fn list() -> String;
}

fn main() {}
