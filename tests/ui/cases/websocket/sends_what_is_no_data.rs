//@ errors: 3
//! The bound of an async function is checked where it is given, called and awaited.

use epilogue::prelude::*;

struct Item {
    name: String,
}

#[websocket("/items")]
async fn items(socket: WebSocket) -> Result<(), HttpError> {
    socket.send_json(&Item { name: String::from("a") }).await?;
    Ok(())
}

fn main() {}
