#![allow(unused)]

use epilogue::prelude::*;

async fn write(line: String) {
    drop(line);
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add_task(write, (1,));
}

fn main() {}
