#![allow(unused)]

use epilogue::prelude::*;

#[task]
async fn pack(email: String, message: String) {
    
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { email: String::new() });
}

fn main() {}
