#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack(email: String) {
    
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { email: 1 });
}

fn main() {}
