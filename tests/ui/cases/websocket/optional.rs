use epilogue::prelude::*;

#[websocket("/ws")]
async fn echo(socket: Option<WebSocket>) {}

fn main() {
    App::new().routes(routes![echo]);
}
