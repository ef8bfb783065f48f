//@ errors: 2
#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/chat", hidden, status = 101)]
async fn chat(mut socket: WebSocket) {}

fn main() {}
