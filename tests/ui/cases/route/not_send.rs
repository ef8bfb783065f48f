#![allow(unused)]

use epilogue::prelude::*;

use std::rc::Rc;

async fn wait() {}

#[get("/items")]
async fn read() -> String {
    let count = Rc::new(1);
    wait().await;
    count.to_string()
}

fn main() {}
