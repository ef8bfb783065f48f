//! The way of a reply out through the app's layers.

use std::sync::Arc;

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::Connection;
use crate::tasks::Batch;

/// A request's way out. A layer may have read all of a reply long before it passes it on, or may ask for another one; so what follows
/// the replies within waits until the one that leaves the outermost layer has ended.
pub(crate) struct Passage {
    /// None under another server.
    connection: Option<Arc<Connection>>,
    /// None once the reply has ended.
    waiting: Mutex<Option<SmallVec<[Batch; 1]>>>,
}

impl Passage {
    pub(crate) fn new(connection: Option<Arc<Connection>>) -> Arc<Self> {
        Arc::new(Self { connection, waiting: Mutex::new(Some(SmallVec::new())) })
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
            // The layers have replied without it.
            batch.submit();
        }
    }

    /// The reply that has passed all layers has ended, or there will be none.
    pub(crate) fn ended(&self) {
        let waiting = self.waiting.lock().take();
        for batch in waiting.into_iter().flatten() {
            match &self.connection {
                Some(connection) => connection.reply_ended(batch),
                None => batch.submit(),
            }
        }
    }
}

/// What carries a request's reply.
#[derive(Clone)]
pub(crate) enum Link {
    Connection(Arc<Connection>),
    /// The layers first.
    Passage(Arc<Passage>),
}

impl Link {
    pub(crate) fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Connection(connection) => Some(connection),
            Self::Passage(passage) => passage.connection.as_deref(),
        }
    }

    pub(crate) fn reply_ended(&self, batch: Batch) {
        match self {
            Self::Connection(connection) => connection.reply_ended(batch),
            Self::Passage(passage) => passage.inner_ended(batch),
        }
    }
}
