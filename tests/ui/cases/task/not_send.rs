#![allow(unused)]

use epilogue::prelude::*;

async fn wait() {}

#[task]
async fn pack() {
    let count = std::rc::Rc::new(1);
    wait().await;
    drop(count);
}

fn main() {}
