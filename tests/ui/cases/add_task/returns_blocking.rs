#![allow(unused)]

use epilogue::prelude::*;

fn write() -> u32 {
    1
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add_task(write, ());
}

fn main() {}
