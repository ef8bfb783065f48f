//! What a connection may speak: HTTP/1.1, and HTTP/2 where the crate was built with it.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::connections::ConnectionService;
use super::io::ConnectionIo;
use super::serve::Limits;
use crate::app::AppState;

#[cfg(not(feature = "http2"))]
mod http1_only {
    use hyper::server::conn::http1::{Builder, UpgradeableConnection};

    use super::{AppState, Arc, Connection, ConnectionIo, ConnectionService, Limits, TaskTracker};

    pub(in crate::server) struct Protocols(Builder);

    impl Protocols {
        pub(in crate::server) fn new(
            _limits: &Limits,
            _streams: &TaskTracker,
            _connection: &Arc<Connection>,
            _app: &Arc<AppState>,
        ) -> Self {
            Self(Builder::new())
        }

        pub(in crate::server) fn http1(&mut self) -> &mut Builder {
            &mut self.0
        }

        pub(in crate::server) fn serve(
            &self,
            io: ConnectionIo,
            service: ConnectionService,
        ) -> UpgradeableConnection<ConnectionIo, ConnectionService> {
            self.0.serve_connection(io, service).with_upgrades()
        }
    }
}

#[cfg(feature = "http2")]
mod with_http2 {
    use std::time::Duration;

    use hyper_util::rt::TokioTimer;
    use hyper_util::server::conn::auto::{Builder, Http1Builder, UpgradeableConnection};

    use super::{AppState, Arc, Connection, ConnectionIo, ConnectionService, Limits, TaskTracker};
    use crate::server::stalled::Streams;

    /// How often an HTTP/2 client is asked whether it is still there.
    const PING_INTERVAL: Duration = Duration::from_mins(1);
    /// How long it may take to answer.
    const PING_TIMEOUT: Duration = Duration::from_secs(20);

    pub(in crate::server) struct Protocols(Builder<Streams>);

    impl Protocols {
        pub(in crate::server) fn new(
            limits: &Limits,
            streams: &TaskTracker,
            connection: &Arc<Connection>,
            app: &Arc<AppState>,
        ) -> Self {
            let mut builder = Builder::new(Streams {
                tracker: streams.clone(),
                connection: Arc::clone(connection),
                app: Arc::clone(app),
                limit: limits.reply_write_timeout,
            });
            builder
                .http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.max_concurrent_streams)
                .max_header_list_size(limits.max_header_bytes)
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT);
            Self(builder)
        }

        pub(in crate::server) fn http1(&mut self) -> Http1Builder<'_, Streams> {
            self.0.http1()
        }

        pub(in crate::server) fn serve(
            &self,
            io: ConnectionIo,
            service: ConnectionService,
        ) -> UpgradeableConnection<'_, ConnectionIo, ConnectionService, Streams> {
            self.0.serve_connection_with_upgrades(io, service)
        }
    }
}

#[cfg(not(feature = "http2"))]
pub(super) use http1_only::Protocols;
#[cfg(feature = "http2")]
pub(super) use with_http2::Protocols;

/// What a connection may speak under these limits.
pub(super) fn protocols(
    limits: &Limits,
    streams: &TaskTracker,
    connection: &Arc<Connection>,
    app: &Arc<AppState>,
) -> Protocols {
    let mut protocols = Protocols::new(limits, streams, connection, app);
    // Our own socket notices when a client leaves, so hyper need not.
    protocols.http1().header_read_timeout(limits.header_read_timeout).half_close(true);
    // Of a head hyper holds some 400 KiB. Its `max_buf_size` would also make the pieces of bodies smaller, and hyper-util does not pass
    // on its `max_header_size` yet.
    if let Some(headers) = limits.max_headers {
        protocols.http1().max_headers(headers);
    }
    protocols
}
