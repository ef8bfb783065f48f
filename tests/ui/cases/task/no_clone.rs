#![allow(unused)]

use epilogue::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Order;

#[task]
async fn pack(order: Order) {
    
}

#[post("/")]
async fn send(tasks: &BackgroundTasks) {
    tasks.add(pack { order: Order });
}

fn main() {}
