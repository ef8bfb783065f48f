use epilogue::prelude::*;

#[websocket("/ws")]
async fn echo(socket: &mut WebSocket) {}

fn main() {
    App::new().routes(routes![echo]);
}
