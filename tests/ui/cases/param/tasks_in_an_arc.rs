#![allow(unused)]

use epilogue::prelude::*;

use std::sync::Arc;

#[post("/items")]
async fn add(tasks: Arc<BackgroundTasks>) -> &'static str {
    "ok"
}

fn main() {}
