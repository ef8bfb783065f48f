use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http::Method;
use http_body::Frame;

use super::connection::Connection;
use super::handover::End;
use super::stalled::Turn;

/// The size of a frame of HTTP/2 that every peer takes (RFC 9113, section 4.2).
const FRAME: usize = 16 * 1024;

/// An HTTP/2 request that is in flight until this is dropped: with its reply's body, or with the request if that is taken back.
pub(crate) struct Stream {
    connection: Arc<Connection>,
    /// The part of a large piece of the reply that has not been handed on yet.
    pub(crate) rest: Bytes,
    /// It asks only for the head of the reply.
    pub(crate) is_head: bool,
}

impl Stream {
    pub(super) fn new(connection: Arc<Connection>, method: &Method) -> Self {
        connection.wait.stream_begins();
        Self { connection, rest: Bytes::new(), is_head: method == Method::HEAD }
    }

    /// Hands a frame of the reply on.
    ///
    /// hyper sends a whole piece as soon as the peer has room for one byte of it, and the rest waits inside hyper. With small
    /// pieces, the client has taken all but the last of them when the body is dropped. If something follows the reply, the last byte of
    /// each piece comes by itself: once hyper has sent it, the peer has room for all of the reply.
    pub(crate) fn hand_on<E>(
        &mut self,
        polled: Poll<Option<Result<Frame<Bytes>, E>>>,
        something_follows: bool,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        let turn = if polled.is_pending() { Turn::App } else { Turn::Client };
        turn.is_next();
        polled.map_ok(|frame| match frame.into_data() {
            Ok(mut piece) => {
                let whole = piece.len();
                let part = if something_follows && whole > 1 { whole - 1 } else { whole };
                self.rest = piece.split_off(part.min(FRAME));
                Frame::data(piece)
            }
            Err(trailers) => trailers,
        })
    }

    /// The last piece of the reply, so that the connection is told when h2 lets go of it.
    ///
    /// h2 copies a piece of less than 256 bytes into its buffer, and then drops it. It writes all of that buffer before it flushes. So the
    /// first flush after the drop proves that the end of the reply has left, however much of other replies is yet to be written.
    pub(crate) fn marked(&self, piece: Bytes) -> (Bytes, End) {
        let end = End::new();
        let last = LastPiece { piece, connection: Arc::clone(&self.connection), end: end.clone() };
        (Bytes::from_owner(last), end)
    }
}

struct LastPiece {
    piece: Bytes,
    connection: Arc<Connection>,
    end: End,
}

impl AsRef<[u8]> for LastPiece {
    fn as_ref(&self) -> &[u8] {
        &self.piece
    }
}

impl Drop for LastPiece {
    fn drop(&mut self) {
        self.connection.end_is_written(&self.end);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.connection.wait.stream_ended();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Duration;

    use http_body::Body;
    use http_body_util::{BodyExt, Either, Full};

    use super::*;
    use crate::body::{After, ReplyBody};
    use crate::server::timer::ConnectionTimer;

    fn connection(timer: &ConnectionTimer) -> Arc<Connection> {
        let client = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        Arc::new(Connection::new(client, None, timer.wait()))
    }

    #[tokio::test]
    async fn the_rest_of_a_piece_counts_in_the_length_of_the_reply() {
        let timer = ConnectionTimer::new(Duration::from_secs(1), None);
        let connection = connection(&timer);
        let mut body = ReplyBody::new(Either::Left(Full::from(vec![0; FRAME + 7])), After::default());
        body.is_of(Box::new(Stream::new(connection, &Method::GET)));
        assert_eq!(body.size_hint().exact(), Some(FRAME as u64 + 7));
        body.frame().await;
        assert_eq!(body.size_hint().exact(), Some(7));
    }
}
