#![allow(unused)]

use epilogue::prelude::*;

#[websocket("/echo")]
async fn echo(mut socket: WebSocket) {
    let text = socket.recv_text().await
    println!("{text:?}");
}

fn main() {
    let _app = App::new().routes(routes![echo]);
}
