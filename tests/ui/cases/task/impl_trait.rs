#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack(name: impl ToString) {
    
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { name: 1 });
}

fn main() {}
