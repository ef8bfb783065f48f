use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::tasks::{FailedTask, TaskInfo};

/// Travels in the extensions of a test's request, and tells the test what became of the request's tasks.
#[derive(Debug, Clone)]
pub(crate) struct Probe(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// `None` until the reply is complete, and for good if nothing follows it.
    queued: Option<Vec<TaskInfo>>,
    /// Batches that have not ended: there may be one of a layer's reply beside the path function's.
    batches: usize,
    failed: Vec<FailedTask>,
    /// A path function's request is over, and the reply is there. Either one alone is not the end: a layer may call the function again.
    has_ended: bool,
    has_replied: bool,
    done: Option<oneshot::Sender<Done>>,
}

/// What became of a request's tasks.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) queued: Vec<TaskInfo>,
    pub(super) failed: Vec<FailedTask>,
}

impl Probe {
    /// A probe, and what came of its request's tasks, once they are done; an error if there were none.
    pub(super) fn new() -> (Self, oneshot::Receiver<Done>) {
        let (done, finished) = oneshot::channel();
        let state = State { done: Some(done), ..State::default() };
        (Self(Arc::new(Mutex::new(state))), finished)
    }

    /// The reply is complete, and these tasks wait for it to leave.
    pub(crate) fn queued(&self, tasks: Vec<TaskInfo>) {
        self.with(|state| {
            state.queued.get_or_insert_default().extend(tasks);
            state.batches += 1;
        });
    }

    /// The request is over. If nothing follows it, nobody is kept waiting by a layer that still holds its extensions.
    pub(crate) fn ended(&self) {
        self.with(|state| state.has_ended = true);
        self.end_if_nothing_follows();
    }

    /// The reply is there.
    pub(super) fn replied(&self) {
        self.with(|state| state.has_replied = true);
        self.end_if_nothing_follows();
    }

    fn end_if_nothing_follows(&self) {
        if self.with(|state| state.has_ended && state.has_replied && state.queued.is_none()) {
            self.done(Vec::new());
        }
    }

    /// The tasks and exits of a batch are done.
    pub(crate) fn done(&self, failed: Vec<FailedTask>) {
        let ended = self.with(|state| {
            state.failed.extend(failed);
            state.batches = state.batches.saturating_sub(1);
            if state.batches > 0 {
                return None;
            }
            Some((state.done.take()?, std::mem::take(&mut state.failed)))
        });
        if let Some((done, failed)) = ended {
            // A test that asked only for the reply is no longer there.
            drop(done.send(Done { queued: self.tasks(), failed }));
        }
    }

    pub(super) fn tasks(&self) -> Vec<TaskInfo> {
        self.with(|state| state.queued.clone().unwrap_or_default())
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock())
    }
}
