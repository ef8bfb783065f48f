//! The span of a request, with the names that OpenTelemetry gives to what an HTTP server does.

use std::future::Future;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, StatusCode, Version, header};
use tracing::{Instrument, Level, Span, field};

use super::state::CompiledRoute;
use crate::param::ClientAddr;
use crate::server::Connection;

/// The span of one request. It is open while the path function runs and the reply is sent, and closed before the tasks start.
pub(crate) struct Trace(Span);

impl Trace {
    /// Whether anybody listens: if not, a request carries only an empty pointer.
    #[inline]
    pub(super) fn is_wanted() -> bool {
        tracing::enabled!(target: "epilogue::request", Level::INFO)
    }

    pub(super) fn begin(request: &Parts, connection: Option<&Arc<Connection>>) -> Self {
        let client = ClientAddr::of(request, connection).map(|client| field::display(client.ip()));
        let agent = request.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let (method, original) = named(&request.method);
        // The query is left out: it may hold secrets.
        let span = tracing::info_span!(
            target: "epilogue::request",
            "request",
            otel.kind = "server",
            otel.name = field::Empty,
            otel.status_code = field::Empty,
            http.request.method = method,
            http.request.method_original = original,
            http.route = field::Empty,
            http.response.status_code = field::Empty,
            request_id = field::Empty,
            url.scheme = request.uri.scheme_str().unwrap_or("http"),
            url.path = request.uri.path(),
            network.protocol.version = version(request.version),
            client.address = client,
            user_agent.original = agent,
            "error.type" = field::Empty,
        );
        Self(span)
    }

    pub(super) fn found(&self, route: &CompiledRoute) {
        let path = route.label.split_once(' ').map_or(&*route.label, |(_method, path)| path);
        self.0.record("http.route", path);
        self.0.record("otel.name", &*route.label);
    }

    /// The request's number, by which its tasks are logged too.
    pub(super) fn numbered(&self, number: u64) {
        self.0.record("request_id", number);
    }

    /// No route has this path, or none has this method there: the span is named after its method alone.
    pub(super) fn not_found(&self, method: &Method) {
        let name = match named(method) {
            (_, Some(_)) => "HTTP",
            (name, None) => name,
        };
        self.0.record("otel.name", name);
    }

    pub(super) fn answered(&self, status: StatusCode) {
        self.0.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.0.record("error.type", status.as_str());
            self.0.record("otel.status_code", "ERROR");
        }
    }

    pub(crate) fn enter(&self) -> tracing::span::Entered<'_> {
        self.0.enter()
    }

    /// Runs a future in the span.
    pub(super) fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.0.clone())
    }
}

/// The method's name; `_OTHER` and the name itself if OpenTelemetry does not know it. Names that clients make up would each start
/// a new series.
fn named(method: &Method) -> (&'static str, Option<&str>) {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.map_or(("_OTHER", Some(method.as_str())), |known| (known, None))
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}
