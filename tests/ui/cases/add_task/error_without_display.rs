#![allow(unused)]

use epilogue::prelude::*;

struct Broken;

async fn write() -> Result<(), Broken> {
    Ok(())
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add_task(write, ());
}

fn main() {}
