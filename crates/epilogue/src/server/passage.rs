//! The way of a reply out through the app's layers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::{Connection, End};
use crate::tasks::{Batch, InFlight, Lane};

/// A request's way out. A layer may read all of a reply long before it passes it on, or may ask for another one. So what follows
/// the replies inside waits until the reply that the outermost layer passes on has left.
pub(crate) struct Passage {
    /// `None` under another server.
    connection: Option<Arc<Connection>>,
    /// `None` once that reply has left.
    waiting: Mutex<Option<SmallVec<[Batch; 1]>>>,
    /// Whether a WebSocket waits for the connection. If a layer asks twice, there is but one for both.
    has_socket: AtomicBool,
    /// A layer may run what is inside it as a task of its own, so a drain waits until all of this has been dropped.
    _in_flight: InFlight,
}

impl Passage {
    pub(crate) fn new(connection: Option<Arc<Connection>>, in_flight: InFlight) -> Arc<Self> {
        let waiting = Mutex::new(Some(SmallVec::new()));
        Arc::new(Self { connection, waiting, has_socket: AtomicBool::new(false), _in_flight: in_flight })
    }

    /// A reply within the layers has ended.
    fn inner_ended(&self, batch: Batch) {
        let late = match &mut *self.waiting.lock() {
            Some(waiting) => {
                waiting.push(batch);
                None
            }
            None => Some(batch),
        };
        if let Some(batch) = late {
            // Too late to wait: the reply of the layers has already left.
            batch.submit();
        }
    }

    /// Whether the client may go on sending a body that nobody reads.
    pub(crate) fn leaves_unread(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.may_be_sent_more())
    }

    /// The reply that has passed all layers has ended, or there will be none.
    pub(crate) fn ended(self: Arc<Self>, end: Option<End>) {
        match self.connection.clone() {
            Some(connection) => connection.reply_ended(Follows::Passage(self), end),
            None => self.left(None),
        }
    }

    /// That reply has left.
    fn left(&self, lane: Option<&Lane>) {
        let waiting = self.waiting.lock().take();
        for batch in waiting.into_iter().flatten() {
            match lane {
                Some(lane) => batch.submit_on(lane),
                None => batch.submit(),
            }
        }
    }
}

/// What follows a reply that has left.
pub(crate) enum Follows {
    Batch(Batch),
    /// What waits behind the layers.
    Passage(Arc<Passage>),
}

impl Follows {
    #[inline]
    pub(super) fn submit_on(self, lane: &Lane) {
        match self {
            Self::Batch(batch) => batch.submit_on(lane),
            Self::Passage(passage) => passage.left(Some(lane)),
        }
    }
}

/// What carries a request's reply.
#[derive(Clone)]
pub(crate) enum Link {
    Connection(Arc<Connection>),
    /// Another server, of which nothing is known. A drain waits until all of this has been dropped. In an `Arc` like the others, so that a
    /// request of our own server does not pay for its drop.
    Other(#[expect(dead_code, reason = "it counts for as long as it is there")] Arc<InFlight>),
    /// Through the layers first.
    Passage(Arc<Passage>),
}

impl Link {
    #[inline]
    pub(crate) fn connection(&self) -> Option<&Arc<Connection>> {
        match self {
            Self::Connection(connection) => Some(connection),
            Self::Other(_) => None,
            Self::Passage(passage) => passage.connection.as_ref(),
        }
    }

    /// All of the reply is there.
    pub(crate) fn reply_is_there(&self) {
        // Layers may hold back a reply that has ended.
        if let Self::Connection(connection) = self {
            connection.reply_is_there();
        }
    }

    #[inline]
    pub(crate) fn is_cut_off(&self) -> bool {
        self.connection().is_some_and(|connection| connection.is_cut_off())
    }

    /// Names a request that was not finished, if that is because its connection was cut off.
    pub(crate) fn log_if_cut_off(&self, route: &str) {
        if self.is_cut_off() {
            tracing::error!(route, "a request was cut off");
        }
    }

    /// Whether the connection is this request's to become a WebSocket: the first one that claims it has it.
    #[cfg_attr(not(feature = "websocket"), expect(dead_code, reason = "only WebSockets ask"))]
    pub(crate) fn claim_socket(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Other(_) => true,
            Self::Passage(passage) => !passage.has_socket.swap(true, Ordering::Relaxed),
        }
    }

    pub(crate) fn reply_ended(&self, batch: Batch, end: Option<End>) {
        match self {
            Self::Connection(connection) => connection.reply_ended(Follows::Batch(batch), end),
            Self::Other(_) => batch.submit(),
            Self::Passage(passage) => passage.inner_ended(batch),
        }
    }
}
