#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/echo")]
async fn echo(mut socket: WebSocket, item: Json<u32>) {
    let _ = socket.recv().await;
}

fn main() {}
