//! A chat: whoever enters a room hears all that is said in it. When somebody leaves, a task tells the others after the socket is closed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use epilogue::prelude::*;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Sender, WeakSender};

/// The rooms that somebody is in. Those who are in a room hold it, so an empty one is gone.
#[derive(Default)]
struct Rooms(Mutex<HashMap<String, WeakSender<String>>>);

#[dependency(scope = "app")]
fn rooms() -> Rooms {
    Rooms::default()
}

#[dependency]
fn room(rooms: Depends<rooms>, room: Path<String>) -> Sender<String> {
    let mut rooms = rooms.0.lock().unwrap_or_else(PoisonError::into_inner);
    rooms.retain(|_, room| room.strong_count() > 0);
    rooms.get(&*room).and_then(WeakSender::upgrade).unwrap_or_else(|| {
        let new = Sender::new(64);
        rooms.insert(room.into_inner(), new.downgrade());
        new
    })
}

/// Without a name, the client gets `401` before the upgrade, and no socket.
#[dependency]
fn user(name: Query<Option<String>>) -> Result<String, HttpError> {
    name.into_inner().ok_or_else(|| HttpError::new(StatusCode::UNAUTHORIZED, "who are you?"))
}

async fn say(room: Sender<String>, line: String) {
    _ = room.send(line); // nobody is left to hear it
}

#[websocket("/rooms/{room}")]
async fn chat(
    mut socket: WebSocket,
    user: Depends<user>,
    room: Depends<room>,
    tasks: &BackgroundTasks,
) -> Result<(), HttpError> {
    let mut lines = room.subscribe();
    tasks.add_task(say, ((*room).clone(), format!("{} has left", *user)));
    say((*room).clone(), format!("{} is here", *user)).await;
    loop {
        tokio::select! {
            text = socket.recv_text() => match text {
                Some(text) => say((*room).clone(), format!("{}: {}", *user, text?)).await,
                None => return Ok(()),
            },
            line = lines.recv() => match line {
                Ok(line) => socket.send_text(line).await?,
                Err(RecvError::Lagged(missed)) => socket.send_text(format!("({missed} lines missed)")).await?,
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

fn app() -> App {
    App::new().routes(routes![chat])
}

#[epilogue::main]
async fn main() -> epilogue::Result<()> {
    app().serve("127.0.0.1:8000").await
}

#[cfg(test)]
mod tests;
