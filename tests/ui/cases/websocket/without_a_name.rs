#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/chat")]
async fn chat(_: WebSocket) {}

fn main() {}
