#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack(name: &str) {
    
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { name: "a" });
}

fn main() {}
