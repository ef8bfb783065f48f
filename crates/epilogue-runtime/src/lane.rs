//! A task of the runtime that is kept for the next batch: spawning one costs as much as the rest of a small batch.

use std::{
    fmt,
    future::poll_fn,
    mem,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
};

use parking_lot::{Mutex, MutexGuard};
use tokio::task::AbortHandle;

use crate::execution::Execution;

/// Runs the batches of a connection on one task of the runtime, which is kept from one batch to the next, since the requests of a
/// connection mostly come one after another. A batch that is submitted while another one runs has a task of its own: it waits for nothing.
///
/// ```
/// use epilogue_runtime::{Batch, Lane, Origin, Runner, TaskLimits};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (runner, lane) = (Runner::new(TaskLimits::default()), Lane::new());
/// for request in 1..=3 {
///     let tasks = runner.tasks(Origin::new(request, "GET /"));
///     tasks.add_task(async || println!("done"), ());
///     Batch::new(tasks).submit_on(&lane);
///     runner.idle().await;
/// }
/// assert_eq!(runner.stats().succeeded, 3);
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Lane {
    worker: OnceLock<Worker>,
}

impl Lane {
    /// A lane that has no task of the runtime before its first batch.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn worker(&self) -> Option<&Worker> {
        self.worker.get()
    }

    /// Keeps what runs a first batch for the next one.
    pub(crate) fn keep(&self, worker: Worker) {
        // If two are made at the same time, one is let go and ends with its batch.
        let _ = self.worker.set(worker);
    }
}

/// The task of a lane.
pub(crate) struct Worker {
    pub(crate) seat: Arc<Seat>,
    pub(crate) abort: AbortHandle,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.seat.close();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Worker").field(&self.abort).finish()
    }
}

/// What a worker does: one execution after another, until its lane is dropped.
pub(crate) async fn work(seat: Arc<Seat>, first: Box<Execution>) {
    let seat = Taken(seat);
    first.run().await;
    while let Some(next) = poll_fn(|context| seat.0.poll_next(context)).await {
        next.run().await;
    }
}

/// A worker's hold on its seat. Once this is dropped, perhaps by an abort, the worker is given nothing more.
struct Taken(Arc<Seat>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Where a lane and its worker meet.
#[derive(Default)]
pub(crate) struct Seat(Mutex<State>);

#[derive(Default)]
struct State {
    worker: Doing,
    is_closed: bool,
}

#[derive(Default)]
enum Doing {
    /// It runs an execution, or has ended.
    #[default]
    Busy,
    Waits(Waker),
    Begins(Box<Execution>),
}

impl Seat {
    /// No execution may be dropped and nothing woken under the lock: either could come back here and lock it again.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Hands over the execution; it is given back if the worker is busy.
    #[must_use]
    pub(crate) fn give(&self, execution: Box<Execution>) -> Option<Box<Execution>> {
        let mut state = self.state();
        match mem::take(&mut state.worker) {
            Doing::Waits(worker) => {
                state.worker = Doing::Begins(execution);
                drop(state);
                worker.wake();
                None
            }
            busy => {
                state.worker = busy;
                Some(execution)
            }
        }
    }

    fn poll_next(&self, context: &Context<'_>) -> Poll<Option<Box<Execution>>> {
        let mut state = self.state();
        match mem::take(&mut state.worker) {
            Doing::Begins(execution) => Poll::Ready(Some(execution)),
            Doing::Busy | Doing::Waits(_) if state.is_closed => Poll::Ready(None),
            Doing::Busy | Doing::Waits(_) => {
                state.worker = Doing::Waits(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The lane is gone: the worker ends after the execution that it has.
    fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let Doing::Waits(worker) = &state.worker else { return };
        let worker = worker.clone();
        drop(state);
        worker.wake();
    }

    /// The worker is gone: an execution that it has not begun is dropped, and that drop answers for its tasks.
    fn leave(&self) {
        let left = mem::take(&mut self.state().worker);
        drop(left);
    }
}
