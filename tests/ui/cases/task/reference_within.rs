#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack(name: Option<&str>) {
    
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { name: None::<u32> });
}

fn main() {}
