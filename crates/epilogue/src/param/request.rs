//! Parameters that hold the request itself.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use http::request::Parts;

use super::{Param, Untaken, described};
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::rejection::Rejection;
use crate::response::{HttpError, RaisedError};
use crate::scope::{Scope, Site};
use crate::server::Connection;

described!(
    /// The request itself.
    FromRequestHead = Source::Request
);

/// The head of the request: method, URI, version, headers and extensions. FastAPI's
/// [`Request`](https://fastapi.tiangolo.com/advanced/using-request-directly/).
///
/// It dereferences to [`http::request::Parts`](https://docs.rs/http/latest/http/request/struct.Parts.html) and clones cheaply.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/")]
/// async fn index(parts: &RequestParts) -> String {
///     format!("{} {}", parts.method, parts.uri)
/// }
/// ```
#[doc(alias("HttpRequest", "Request"))]
#[derive(Debug, Clone)]
pub struct RequestParts(Arc<Parts>);

impl RequestParts {
    pub(crate) fn shared(parts: Arc<Parts>) -> Self {
        Self(parts)
    }
}

impl From<Parts> for RequestParts {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for RequestParts {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

#[diagnostic::do_not_recommend]
impl Param for RequestParts {
    type Source<F: Fuel> = FromRequestHead;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        Ok(Self(scope.share_parts()))
    }
}

/// The address that the connection comes from, as the socket has it.
///
/// Behind a proxy it is the proxy's address. A [layer](crate::App::layer) finds it among the request's extensions,
/// and may replace it with what the proxy's header says.
///
/// Under another server, the app has it only if that server puts a `ClientAddr` there. Without one the request gets
/// `500`, and the log says why.
///
/// ```
/// use epilogue::prelude::*;
///
/// #[get("/ip")]
/// async fn ip(client: ClientAddr) -> String {
///     client.ip().to_string()
/// }
/// ```
#[doc(alias = "ConnectInfo")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddr(pub SocketAddr);

impl ClientAddr {
    /// The address without the port.
    pub fn ip(&self) -> IpAddr {
        self.0.ip()
    }

    /// What a layer or another server says counts, rather than the socket.
    pub(crate) fn of(request: &Parts, connection: Option<&Arc<Connection>>) -> Option<Self> {
        let said = request.extensions.get().copied();
        said.or_else(|| connection.map(|connection| Self(connection.client)))
    }
}

impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[diagnostic::do_not_recommend]
impl Param for ClientAddr {
    type Source<F: Fuel> = FromRequestHead;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        scope
            .client()
            .ok_or_else(|| Untaken::failed(Rejection::of_failure(HttpError::from(NoClientAddr).raise())))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the server gave no client address: put a `ClientAddr` among the request's extensions")]
struct NoClientAddr;
