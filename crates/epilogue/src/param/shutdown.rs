//! When the server stops.

use tokio_util::sync::CancellationToken;

use super::{FromRequestHead, Param, Untaken};
use crate::graph::fuel::Fuel;
use crate::scope::{Scope, Site};

/// Tells when the server stops: for a reply that would go on for ever, such as a stream of events.
///
/// A stream is a request in flight, for whose end the server waits at shutdown until the grace period is over.
///
/// ```
/// use epilogue::prelude::*;
/// use std::time::Duration;
///
/// #[get("/clock")]
/// async fn clock(shutdown: Shutdown) -> Sse<EventStream> {
///     let (events, reply) = Sse::channel();
///     tokio::spawn(async move {
///         let mut second = tokio::time::interval(Duration::from_secs(1));
///         loop {
///             tokio::select! {
///                 () = shutdown.begun() => break,
///                 () = events.closed() => break,
///                 _ = second.tick() => events.send(Event::data("tick")).await?,
///             }
///         }
///         Ok::<_, SseClosed>(())
///     });
///     reply
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// One that never begins, for calling a path function from a test.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until the server stops: it accepts nothing more, and finishes what it has.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }

    /// Whether the server stops.
    pub fn is_begun(&self) -> bool {
        self.0.is_cancelled()
    }
}

#[diagnostic::do_not_recommend]
impl Param for Shutdown {
    type Source<F: Fuel> = FromRequestHead;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        Ok(Self(scope.stopping().clone()))
    }
}
