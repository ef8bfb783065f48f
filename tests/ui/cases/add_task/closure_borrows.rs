#![allow(unused)]

use epilogue::prelude::*;

async fn write(line: String) {
    drop(line);
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    let name = String::new();
    tasks.add_task(|| println!("{name}"), ());
}

fn main() {}
