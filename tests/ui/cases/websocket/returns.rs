#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/echo")]
async fn echo(socket: WebSocket) -> u32 {
    drop(socket);
    1
}

fn main() {}
