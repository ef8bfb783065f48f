#![allow(unused)]

use epilogue::prelude::*;

#[get("/echo")]
async fn echo(mut socket: WebSocket) {
    let _ = socket.recv().await;
}

fn main() {}
