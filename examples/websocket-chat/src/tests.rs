use std::net::SocketAddr;

use epilogue::Server;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::*;

/// A unit test calls the function with plain values and holds the client's end of the socket.
#[tokio::test]
async fn what_one_says_all_hear() {
    let (mut client, socket) = WebSocket::pair();
    let (room, tasks) = (Sender::new(8), BackgroundTasks::new());
    let talk = async {
        assert_eq!(client.recv_text().await.unwrap().unwrap(), "ann is here");
        client.send_text("hello").await.unwrap();
        assert_eq!(client.recv_text().await.unwrap().unwrap(), "ann: hello");
        client.close(1000, "").await.unwrap();
    };
    let chat = chat(socket, Depends::new("ann".into()), Depends::new(room.clone()), &tasks);
    let (ended, ()) = tokio::join!(chat, talk);
    ended.unwrap();

    let mut others = room.subscribe();
    tasks.run_all().await;
    assert_eq!(others.recv().await.unwrap(), "ann has left");
}

#[test]
fn an_empty_room_is_gone() {
    let rooms: Depends<rooms> = Depends::new(Rooms::default());
    let tea = room(rooms.clone(), Path("tea".into()));
    assert!(room(rooms.clone(), Path("tea".into())).same_channel(&tea));
    drop(tea);
    room(rooms.clone(), Path("coffee".into()));
    assert!(rooms.0.lock().unwrap().keys().eq(["coffee"]));
}

/// The whole app, over a socket.
#[tokio::test]
async fn who_leaves_is_missed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(Server::new(app()).serve_on(listener));

    let Err(Error::Http(refused)) = enter(address, "/rooms/tea").await else { panic!("no name was given") };
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);

    let mut ann = enter(address, "/rooms/tea?name=ann").await.unwrap();
    assert_eq!(heard(&mut ann).await, "ann is here");
    let mut bob = enter(address, "/rooms/tea?name=bob").await.unwrap();
    assert_eq!(heard(&mut ann).await, "bob is here");
    bob.send(Message::text("tea?")).await.unwrap();
    assert_eq!(heard(&mut ann).await, "bob: tea?");
    drop(bob);
    assert_eq!(heard(&mut ann).await, "bob has left");
    server.abort();
}

async fn enter(address: SocketAddr, path: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(address).await?;
    Ok(client_async(format!("ws://{address}{path}"), stream).await?.0)
}

async fn heard(client: &mut WebSocketStream<TcpStream>) -> String {
    client.next().await.unwrap().unwrap().to_string()
}
