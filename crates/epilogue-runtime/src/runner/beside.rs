//! What runs beside the batches: kept requests, open WebSockets, and the exits of batches that were cut off.

use futures_util::future::BoxFuture;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Span;

use super::{AbandonedRequest, Leftover, LiveId, Runner};
use crate::{
    BatchReport, Origin, Reservation,
    finally::{self, Finally},
    panics,
};

impl Runner {
    /// Runs a request's future to its end although its client has left. It keeps its reserved places until then. A request without places
    /// adds no tasks, so it does not hold up those that do. It is counted apart, so that clients that come only to leave again cannot pile
    /// up work without a limit.
    pub fn keep(
        &self,
        origin: Origin,
        reservation: Option<Reservation>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        self.keep_boxed(origin, reservation, Box::pin(future));
    }

    /// Boxed so that this is compiled once and not for each type of future.
    fn keep_boxed(&self, origin: Origin, reservation: Option<Reservation>, future: BoxFuture<'static, ()>) {
        let counted = reservation.is_none().then(|| self.without_client());
        self.spawn_other(Leftover::Request, origin.clone(), async move {
            if let Err(payload) = panics::Caught::new(future, &Span::none()).await {
                let panic = panics::message(payload);
                tracing::error!(
                    target: "epilogue::task",
                    request = %origin, panic,
                    "a request panicked after its client had left"
                );
            }
            drop((reservation, counted));
        });
    }

    /// Runs what goes on after a request's reply: a WebSocket, with its place if it has one. Unlike a request that is
    /// [kept](Self::keep), it has a client.
    pub fn hold(
        &self,
        origin: Origin,
        place: Option<Reservation>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        let future: BoxFuture<'static, ()> = Box::pin(future);
        self.spawn_other(Leftover::WebSocket, origin, async move {
            future.await;
            drop(place);
        });
    }

    /// Runs the exits of a batch that was cut off.
    pub(crate) fn run_exits(&self, finally: Vec<Finally>, origin: Origin, report: BatchReport) {
        let future = finally::run_all(finally, origin.clone(), report);
        self.spawn_other(Leftover::Exits, origin, future);
    }

    fn spawn_other(&self, what: Leftover, origin: Origin, future: impl Future<Output = ()> + Send + 'static) {
        let token = self.batch_token();
        let id = self.0.registry.begin(what, origin);
        let other = Other { id, runner: self.clone(), finished: false, _token: token };
        let spawned = self.spawn(None, async move {
            // If the task is dropped before it begins, these are dropped in this order: the future first, for what it leaves behind.
            let (future, mut other) = (future, other);
            future.await;
            other.finished = true;
        });
        if let Some(abort) = spawned {
            self.0.registry.attach(id, abort);
        }
    }
}

/// A kept request, an open WebSocket, or the exits of a batch that was cut off.
struct Other {
    runner: Runner,
    id: LiveId,
    finished: bool,
    _token: TaskTrackerToken,
}

impl Drop for Other {
    fn drop(&mut self) {
        let registry = &self.runner.0.registry;
        let Some(live) = registry.end_other(self.id) else { return };
        if self.finished {
            return;
        }
        let age = live.since.elapsed();
        let what = live.what;
        tracing::error!(target: "epilogue::task", request = %live.origin, ?age, "{what} abandoned");
        registry.name_request(AbandonedRequest { what, origin: live.origin, age });
    }
}
