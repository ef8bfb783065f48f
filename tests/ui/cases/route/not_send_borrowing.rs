#![allow(unused)]

use epilogue::prelude::*;

use std::cell::Cell;

async fn wait() {}

#[get("/items")]
async fn read(tasks: &BackgroundTasks) -> String {
    let count = &Cell::new(tasks.len());
    wait().await;
    count.get().to_string()
}

fn main() {}
