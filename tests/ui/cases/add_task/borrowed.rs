#![allow(unused)]

use epilogue::prelude::*;

fn write(line: &str) {
    println!("{line}");
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    let name = String::new();
    tasks.add_task(write, (name.as_str(),));
}

fn main() {}
