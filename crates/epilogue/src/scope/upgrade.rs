//! A request that becomes a WebSocket: its scope lives on until the socket is closed.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use http_body_util::{Either, Full};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tracing::{Instrument, Span};

use super::{BoxFuture, Scope, drop_caught};
use crate::app::overloaded;
use crate::body::{After, ReplyBody, announced};
use crate::response::{Failure, HttpError, RaisedError, Replied};
use crate::server::Link;
use crate::testing::TestSocket;
use crate::websocket::{Close, Driver, WebSocket};

/// What a client that asks for a WebSocket has sent.
#[doc(hidden)]
#[derive(Debug)]
pub struct Upgrade {
    transport: Transport,
    accept: HeaderValue,
}

/// What carries the messages of an open WebSocket.
#[derive(Debug)]
enum Transport {
    /// The connection of the request, once hyper hands it over.
    Connection(OnUpgrade),
    /// One end of a pipe, whose other end a test holds.
    Test(TestSocket),
}

impl Transport {
    fn of(request: &Parts) -> Option<Self> {
        let extensions = &request.extensions;
        match extensions.get::<TestSocket>() {
            Some(socket) => Some(Self::Test(socket.clone())),
            None => extensions.get::<OnUpgrade>().cloned().map(Self::Connection),
        }
    }
}

/// Whether a GET asks for a WebSocket.
pub(crate) fn asks_for_websocket(request: &Parts) -> bool {
    request.version == Version::HTTP_11
        && lists(&request.headers, &header::CONNECTION, "upgrade")
        && lists(&request.headers, &header::UPGRADE, "websocket")
}

type Function = Box<dyn FnOnce(WebSocket) -> BoxFuture<Result<(), Failure>> + Send>;

impl Scope {
    /// Checks that the request asks for a WebSocket properly; the error says what it lacks.
    #[doc(hidden)]
    pub fn upgrade(&self) -> Result<Upgrade, Failure> {
        let parts = self.parts();
        let headers = &parts.headers;
        let Some(transport) = Transport::of(parts).filter(|_| asks_for_websocket(parts)) else {
            return Err(upgrade_required("This is a WebSocket"));
        };
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(upgrade_required("This is a WebSocket of version 13"));
        }
        if headers.contains_key(header::TRANSFER_ENCODING)
            || announced(headers).is_some_and(|length| length > 0)
        {
            // The connection would go over to frames in the middle of it, or wait for its end for ever.
            return Err(
                HttpError::new(StatusCode::BAD_REQUEST, "A request for a WebSocket has no body").raise()
            );
        }
        // Its function may go on when its client has left.
        if self.app.runner.keeps_too_many() {
            self.app.runner.log_refused(&self.route().label);
            return Err(overloaded(&self.app.runner).raise());
        }
        let accept = headers
            .get(header::SEC_WEBSOCKET_KEY)
            .and_then(|key| HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok());
        let Some(accept) = accept else {
            let error = HttpError::new(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing");
            return Err(error.raise());
        };
        Ok(Upgrade { transport, accept })
    }

    /// Replies with the upgrade, after which the function has the socket.
    #[doc(hidden)]
    pub fn open<F, Fut>(mut self, upgrade: Upgrade, function: F) -> http::Response<ReplyBody>
    where
        F: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let response = self.switching(upgrade.accept);
        let protocol = protocol_of(response.headers());
        // What follows the socket must not wait for a flush of the HTTP connection, which is not one any more. It is held until the runner
        // has the socket.
        let link = self.link.take();
        let transport = link.as_ref().is_none_or(Link::claim_socket).then_some(upgrade.transport);
        if let Some(link) = &link {
            link.reply_is_there();
        }
        let runner = self.app.runner.clone();
        let origin = self.origin();
        let function: Function = Box::new(move |socket| Box::pin(function(socket.speaking(protocol))));
        // The places that the request was let in with are given up with this reply, but its list stays open, and its exits are to come. One is
        // enough: if a client has once made a function add many tasks, each socket would otherwise keep as many places for as long as it is
        // open.
        let place = (self.route().places() > 0).then(|| runner.take_place());
        let open = self.run_socket(transport, function);
        runner.hold(origin, place, open.instrument(Span::current()));
        drop(link);
        response.map(|content| ReplyBody::new(content, After::default()))
    }

    /// The reply that switches to the WebSocket, as the dependencies have made it.
    fn switching(&mut self, accept: HeaderValue) -> Replied {
        let mut response = switched();
        if let Some(reply) = self.reply.take() {
            reply.merge_into(&mut response);
        }
        let headers = response.headers_mut();
        if let Some(chosen) = self.protocol()
            && !headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL)
        {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(chosen));
        }
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        response
    }

    /// The first of our subprotocols that the client offers.
    fn protocol(&self) -> Option<&'static str> {
        let headers = &self.parts().headers;
        let mut known = self.route().node.protocols.iter().copied();
        known.find(|protocol| items(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|item| item == *protocol))
    }

    /// Runs the path function with the socket. Without a transport, another request has the connection. If this is cut off at the end of a
    /// shutdown, the drop of the scope sees to its exits.
    async fn run_socket(mut self, transport: Option<Transport>, function: Function) {
        match transport {
            None => {}
            Some(Transport::Test(socket)) => {
                if let Some(pipe) = socket.take() {
                    return self.talk(pipe, function).await;
                }
            }
            Some(Transport::Connection(on_upgrade)) => match on_upgrade.await {
                Ok(upgraded) => return self.talk(TokioIo::new(upgraded), function).await,
                Err(error) => tracing::debug!(%error, "the client left before its WebSocket was open"),
            },
        }
        // What it was to be called with may panic.
        drop_caught(function);
        let (reply, _close) = self.end_socket(Ok(())).await;
        drop_caught(reply);
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&mut self, io: S, function: Function) {
        let (runner, stopping) = (self.app.runner.clone(), self.app.stopping.clone());
        let longest_wait = self.app.longest_wait();
        let (driver, socket) = Driver::new(io, Role::Server, self.route().limits.body()).await;
        let (ended, function_ended) = oneshot::channel();
        let talking = async {
            let result = function(socket).await;
            let (reply, close) = self.end_socket(result).await;
            // The receiver may be gone, together with the client.
            drop(ended.send(close));
            reply
        };
        let driving = async {
            driver.run(function_ended, stopping, longest_wait).await;
            // Until the function has ended as well.
            runner.without_client()
        };
        let (reply, _counted) = tokio::join!(talking, driving);
        // The drop starts its tasks and exits, which come after the socket.
        drop_caught(reply);
    }

    /// Ends the socket after the path function: runs the exits of function scope, and gives the reply and the close frame.
    async fn end_socket(&mut self, result: Result<(), Failure>) -> (http::Response<ReplyBody>, Close) {
        let mut result = match result {
            Err(failure) if Close::after(&failure).is_some() => Err(failure),
            Ok(()) | Err(_) => Ok(switched()),
        };
        if self.must_leave() {
            result = self.leave_functions(result).await;
        }
        let close = result.as_ref().err().and_then(Close::after).unwrap_or_else(Close::normal);
        (self.finish(result), close)
    }
}

fn switched() -> Replied {
    let mut response = Replied::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response
}

/// The subprotocol that the server has chosen.
pub(crate) fn protocol_of(headers: &HeaderMap) -> Option<String> {
    headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok().map(str::to_owned)
}

/// Whether a list header contains this word, in upper or lower case.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(word))
}

/// The items of a list header.
fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

/// The answer to a request that does not ask for a WebSocket: RFC 9110, section 15.5.22.
fn upgrade_required(detail: &str) -> Failure {
    HttpError::new(StatusCode::UPGRADE_REQUIRED, detail)
        .header(header::CONNECTION, HeaderValue::from_static("upgrade"))
        .header(header::UPGRADE, HeaderValue::from_static("websocket"))
        .header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
        .raise()
}
