#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack<T: Send>(order: T) {
    drop(order);
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { order: 1 });
}

fn main() {}
