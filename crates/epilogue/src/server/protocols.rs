//! What a connection may speak: HTTP/1.1, and HTTP/2 where the crate was built with it.

use tokio_util::task::TaskTracker;

use super::connections::ConnectionService;
use super::io::ConnectionIo;
use super::serve::Limits;

#[cfg(not(feature = "http2"))]
mod http1_only {
    use hyper::server::conn::http1::{Builder, UpgradeableConnection};

    use super::{ConnectionIo, ConnectionService, Limits, TaskTracker};

    #[derive(Clone)]
    pub(in crate::server) struct Protocols(Builder);

    impl Protocols {
        pub(in crate::server) fn new(_limits: &Limits, _tracker: &TaskTracker) -> Self {
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

    use super::{ConnectionIo, ConnectionService, Limits, TaskTracker};

    /// How often an HTTP/2 client is asked whether it is still there.
    const PING_INTERVAL: Duration = Duration::from_mins(1);
    /// How long it may take to answer.
    const PING_TIMEOUT: Duration = Duration::from_secs(20);

    /// The streams of a connection are tasks of their own and may end after it, so they are tracked too.
    #[derive(Clone)]
    pub(in crate::server) struct Tracked(TaskTracker);

    impl<F> hyper::rt::Executor<F> for Tracked
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        fn execute(&self, stream: F) {
            self.0.spawn(stream);
        }
    }

    #[derive(Clone)]
    pub(in crate::server) struct Protocols(Builder<Tracked>);

    impl Protocols {
        pub(in crate::server) fn new(limits: &Limits, tracker: &TaskTracker) -> Self {
            let mut builder = Builder::new(Tracked(tracker.clone()));
            builder
                .http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.max_concurrent_streams)
                .max_header_list_size(limits.max_header_bytes)
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT);
            Self(builder)
        }

        pub(in crate::server) fn http1(&mut self) -> Http1Builder<'_, Tracked> {
            self.0.http1()
        }

        pub(in crate::server) fn serve(
            &self,
            io: ConnectionIo,
            service: ConnectionService,
        ) -> UpgradeableConnection<'_, ConnectionIo, ConnectionService, Tracked> {
            self.0.serve_connection_with_upgrades(io, service)
        }
    }
}

#[cfg(not(feature = "http2"))]
pub(super) use http1_only::Protocols;
#[cfg(feature = "http2")]
pub(super) use with_http2::Protocols;

/// What a server speaks under these limits.
pub(super) fn protocols(limits: &Limits, tracker: &TaskTracker) -> Protocols {
    let mut protocols = Protocols::new(limits, tracker);
    // Our own socket notices when a client leaves, so hyper need not.
    protocols.http1().header_read_timeout(limits.header_read_timeout).half_close(true);
    if let Some(headers) = limits.max_headers {
        protocols.http1().max_headers(headers);
    }
    protocols
}
