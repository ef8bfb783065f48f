#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn log(line: String) {}

#[get("/")]
async fn index(tasks: &BackgroundTasks) {
    tasks.add_task(log { line: String::new() }, ());
}

fn main() {}
