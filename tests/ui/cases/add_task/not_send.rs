#![allow(unused)]

use epilogue::prelude::*;

fn write(line: std::rc::Rc<u32>) {
    drop(line);
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add_task(write, (std::rc::Rc::new(1),));
}

fn main() {}
