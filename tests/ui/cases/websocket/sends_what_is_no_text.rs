//@ errors: 3
//! The bound of an async function is checked where it is given, called and awaited.

use epilogue::prelude::*;

#[websocket("/echo")]
async fn echo(mut socket: WebSocket) -> Result<(), HttpError> {
    while let Some(text) = socket.recv_text().await {
        socket.send_text(text).await?;
    }
    Ok(())
}

fn main() {}
