use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum_core::body::Body;
use bytes::Bytes;
#[cfg(feature = "cookie")]
use cookie::Cookie;
#[cfg(feature = "websocket")]
use http::StatusCode;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use serde::Serialize;

#[cfg(feature = "multipart")]
use super::Multipart;
use super::{Probe, TestClient, TestResponse, TestStream};
#[cfg(feature = "websocket")]
use super::{TestSocket, TestWebSocket};
use crate::ClientAddr;

/// A request of a [`TestClient`], which is sent by [`send`](Self::send).
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::testing::TestClient;
///
/// #[put("/items/{id}")]
/// async fn change(id: Path<u32>, dry: Query<bool>, x_user: Header<String>, name: Json<String>) -> String {
///     format!("{} {} {} {}", *id, *dry, *x_user, *name)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let client = TestClient::new(App::new().routes(routes![change]));
/// let reply = client.put("/items/7").query("dry", true).header("x-user", "ann").json(&"spoon").send().await;
/// assert_eq!(reply.text(), "7 true ann spoon");
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest<'a> {
    client: &'a TestClient,
    method: Method,
    uri: String,
    headers: HeaderMap,
    #[cfg(feature = "cookie")]
    pub(super) cookies: Vec<Cookie<'static>>,
    body: Bytes,
    from: SocketAddr,
    #[cfg(feature = "websocket")]
    socket: Option<TestSocket>,
}

/// Where requests come from that do not set an address.
const CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000);

/// The host of requests that do not name one: the same as FastAPI's client uses.
const HOST: &str = "testserver";

impl<'a> TestRequest<'a> {
    #[track_caller]
    pub(super) fn new(client: &'a TestClient, method: Method, path: &str) -> Self {
        match Uri::try_from(path) {
            // A name alone is a host to HTTP, with which no route would be found.
            Ok(uri) if uri.path().is_empty() => panic!("`{path}` is not a path: write `/{path}`"),
            Ok(_) => {}
            Err(error) => panic!("`{path}` is not a valid path: {error}"),
        }
        Self {
            client,
            method,
            uri: path.to_owned(),
            headers: HeaderMap::new(),
            #[cfg(feature = "cookie")]
            cookies: Vec::new(),
            body: Bytes::new(),
            from: CLIENT,
            #[cfg(feature = "websocket")]
            socket: None,
        }
    }

    /// Adds a value to the query, percent-encoded.
    pub fn query(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let separator = if self.uri.contains('?') { '&' } else { '?' };
        let pair =
            form_urlencoded::Serializer::new(String::new()).append_pair(name, &value.to_string()).finish();
        self.uri.push(separator);
        self.uri.push_str(&pair);
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    ///
    /// When the name or the value is not valid in an HTTP header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            panic!("`{name}: {value}` is not a valid HTTP header")
        };
        self.headers.append(name, value);
        self
    }

    /// Sends the request from another address than `127.0.0.1:50000`: what a [`ClientAddr`] holds.
    pub fn client(mut self, address: SocketAddr) -> Self {
        self.from = address;
        self
    }

    /// Sends a JSON body.
    ///
    /// # Panics
    ///
    /// When the value cannot be serialised.
    #[track_caller]
    pub fn json(self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.with_body("application/json", body),
            Err(error) => panic!("the body of the request cannot be serialised: {error}"),
        }
    }

    /// Sends a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.with_body("application/x-www-form-urlencoded", body)
    }

    /// Sends a multipart form, of texts and files.
    #[cfg(feature = "multipart")]
    pub fn multipart(self, form: Multipart) -> Self {
        self.with_body(Multipart::CONTENT_TYPE, form.into_body())
    }

    /// Sends a body as it is; its content type is a header.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request, and returns when its reply is read and its tasks and exits are done.
    ///
    /// # Panics
    ///
    /// When the app does not start.
    pub async fn send(self) -> TestResponse {
        self.reply_only().await.finished().await
    }

    /// Sends the request, and returns when its reply is read; its tasks and exits may still run.
    ///
    /// # Panics
    ///
    /// When the app does not start.
    pub async fn reply_only(self) -> TestResponse {
        self.stream().await.read().await
    }

    /// Sends the request, and returns when the head of its reply is there; the body is read piece by piece.
    ///
    /// # Panics
    ///
    /// When the app does not start.
    pub async fn stream(self) -> TestStream {
        let client = self.client;
        if let Err(error) = client.app.start().await {
            panic!("the app of the test does not start: {error}");
        }
        let has_content = self.method != Method::HEAD;
        let (probe, finished) = Probe::new();
        let Ok(response) = client.app.respond(self.into_request(probe.clone())).await;
        probe.replied();
        #[cfg(feature = "cookie")]
        client.jar.keep(response.headers());
        TestStream::new(response, has_content, probe, finished)
    }

    /// Asks for a WebSocket, and opens it: a request of a GET for a path under [`#[websocket]`](macro@crate::websocket).
    ///
    /// # Errors
    ///
    /// The reply, if it is not an upgrade: the request or a dependency failed.
    ///
    /// # Panics
    ///
    /// When the app does not start.
    #[cfg(feature = "websocket")]
    pub async fn connect(mut self) -> Result<TestWebSocket, TestResponse> {
        let (socket, pipe) = TestSocket::new();
        self.socket = Some(socket);
        let request = self
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let reply = request.stream().await;
        if reply.status() == StatusCode::SWITCHING_PROTOCOLS {
            Ok(TestWebSocket::open(pipe, reply).await)
        } else {
            Err(reply.finished().await)
        }
    }

    fn with_body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body(body)
    }

    fn into_request(self, probe: Probe) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(&self.uri);
        let host = request.uri_ref().and_then(Uri::authority).map_or(HOST, Authority::as_str).to_owned();
        request = request.header(header::HOST, host);
        #[cfg(feature = "cookie")]
        if let Some(cookies) = self.client.jar.sent_with(&self.cookies) {
            request = request.header(header::COOKIE, cookies);
        }
        if !self.body.is_empty() {
            request = request.header(header::CONTENT_LENGTH, self.body.len());
        }
        #[cfg(feature = "websocket")]
        if let Some(socket) = self.socket {
            request = request.extension(socket);
        }
        match request.extension(probe).extension(ClientAddr(self.from)).body(Body::from(self.body)) {
            Ok(mut request) => {
                request.headers_mut().extend(self.headers);
                request
            }
            Err(error) => panic!("`{}` is not valid in HTTP: {error}", self.uri),
        }
    }
}
