//! What a connection may speak: HTTP/1.1, and HTTP/2 where the crate was built with it.

use super::io::ConnectionIo;
use super::serve::{ConnectionService, Limits};

#[cfg(not(feature = "http2"))]
mod http1_only {
    use hyper::server::conn::http1::{Builder, UpgradeableConnection};

    use super::{ConnectionIo, ConnectionService, Limits};

    #[derive(Clone)]
    pub(in crate::server) struct Protocols(Builder);

    impl Protocols {
        pub(in crate::server) fn new(_limits: &Limits) -> Self {
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

    use hyper_util::rt::{TokioExecutor, TokioTimer};
    use hyper_util::server::conn::auto::{Builder, Http1Builder, UpgradeableConnection};

    use super::{ConnectionIo, ConnectionService, Limits};

    /// How often an HTTP/2 client is asked whether it is still there.
    const PING_INTERVAL: Duration = Duration::from_mins(1);
    /// How long it may take to answer.
    const PING_TIMEOUT: Duration = Duration::from_secs(20);

    #[derive(Clone)]
    pub(in crate::server) struct Protocols(Builder<TokioExecutor>);

    impl Protocols {
        pub(in crate::server) fn new(limits: &Limits) -> Self {
            let mut builder = Builder::new(TokioExecutor::new());
            builder
                .http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.max_concurrent_streams)
                .max_pending_accept_reset_streams(limits.max_reset_streams)
                .max_header_list_size(limits.max_header_bytes)
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT);
            Self(builder)
        }

        pub(in crate::server) fn http1(&mut self) -> Http1Builder<'_, TokioExecutor> {
            self.0.http1()
        }

        pub(in crate::server) fn serve(
            &self,
            io: ConnectionIo,
            service: ConnectionService,
        ) -> UpgradeableConnection<'_, ConnectionIo, ConnectionService, TokioExecutor> {
            self.0.serve_connection_with_upgrades(io, service)
        }
    }
}

#[cfg(not(feature = "http2"))]
pub(super) use http1_only::Protocols;
#[cfg(feature = "http2")]
pub(super) use with_http2::Protocols;
