#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/", protocols("v2 chat"))]
async fn chat(socket: WebSocket) {}

fn main() {
    let _app = App::new().routes(routes![chat]);
}
