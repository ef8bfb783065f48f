#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/echo")]
async fn echo(socket: &WebSocket) {}

fn main() {
    let _app = App::new().routes(routes![echo]);
}
