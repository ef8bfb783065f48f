#![allow(unused)]

use epilogue::prelude::*;

async fn wait() {}

async fn write() {
    let count = std::rc::Rc::new(1);
    wait().await;
    drop(count);
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add_task(write, ());
}

fn main() {}
