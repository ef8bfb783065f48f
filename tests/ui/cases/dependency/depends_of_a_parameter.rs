#![allow(unused)]

use epilogue::prelude::*;

#[get("/items")]
async fn read(tasks: Depends<BackgroundTasks>) -> &'static str {
    "ok"
}

fn main() {}
