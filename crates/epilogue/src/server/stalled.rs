//! How long a client may take nothing of a reply on HTTP/2, while others of its connection may go on.
//!
//! hyper has no timeout for this. It polls a body for one piece more than the client has room for, and then not until the client has room for
//! some of that piece, so the body cannot give up. But it knows whose turn it is when it has been polled, and tells whoever polls hyper's
//! stream.

use std::cell::Cell;

/// Who has to do something next, so that a reply on HTTP/2 goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// There is no more of the reply for now.
    App,
    /// The client has to take what is there.
    Client,
}

thread_local! {
    /// What the reply said whose stream is being polled on this thread.
    static NEXT: Cell<Option<Turn>> = const { Cell::new(None) };
}

impl Turn {
    /// Tells whoever polls the stream.
    pub(super) fn is_next(self) {
        NEXT.set(Some(self));
    }
}

#[cfg(feature = "http2")]
pub(super) use streams::Streams;

#[cfg(feature = "http2")]
mod streams {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Poll, ready};
    use std::time::Duration;

    use tokio_util::task::TaskTracker;

    use super::{NEXT, Turn};
    use crate::app::AppState;
    use crate::body::time_is_up;
    use crate::scope::BoxFuture;
    use crate::server::Connection;

    /// Runs the streams of a connection. They are tasks of their own and may end after it, so they are tracked too.
    #[derive(Clone)]
    pub(in crate::server) struct Streams {
        pub(in crate::server) tracker: TaskTracker,
        pub(in crate::server) connection: Arc<Connection>,
        pub(in crate::server) app: Arc<AppState>,
        pub(in crate::server) limit: Option<Duration>,
    }

    impl<F> hyper::rt::Executor<F> for Streams
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        fn execute(&self, stream: F) {
            self.tracker.spawn(self.clone().unless_stalled(stream));
        }
    }

    impl Streams {
        /// Drops a stream of which the client takes nothing for too long; hyper then resets it.
        async fn unless_stalled(self, stream: impl Future) {
            let mut stream = pin!(stream);
            // Only while it is the client's turn.
            let mut timer = None;
            let mut took_some = false;
            poll_fn(|context| {
                NEXT.set(None);
                if stream.as_mut().poll(context).is_ready() {
                    return Poll::Ready(());
                }
                match NEXT.take() {
                    Some(Turn::App) => timer = None,
                    Some(Turn::Client) => {
                        took_some = timer.is_some();
                        timer.get_or_insert_with(|| self.timer());
                    }
                    None => {}
                }
                while let Some(waiting) = &mut timer {
                    let waited = ready!(waiting.as_mut().poll(context));
                    // A client that reads slowly may have room for all of it, but others of its replies come first.
                    if !std::mem::take(&mut took_some) && !self.connection.is_behind() {
                        let client = self.connection.client;
                        tracing::debug!(%client, ?waited, "a reply was reset: its client took nothing of it");
                        return Poll::Ready(());
                    }
                    timer = Some(self.timer());
                }
                Poll::Pending
            })
            .await;
        }

        fn timer(&self) -> BoxFuture<Duration> {
            time_is_up(self.limit, Arc::clone(&self.app))
        }
    }
}
