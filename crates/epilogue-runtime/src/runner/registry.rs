//! What a runner has in hand.

use std::{
    collections::VecDeque,
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::{Mutex, MutexGuard};
use slab::Slab;
use tokio::{runtime::Handle, sync::oneshot, task::AbortHandle, time::Instant};

use super::report::{AbandonedRequest, AbandonedTask, Leftover, Stuck};
use crate::{Origin, TaskStats, execution::Execution};

/// What a runner has in hand. Locked once or twice per batch, never per task.
pub(super) struct Registry {
    /// How many batches may run at once.
    limit: usize,
    inner: Mutex<Inner>,
    /// Set under the lock, so that everything that is live by then is told to stop.
    cut: AtomicBool,
}

#[derive(Default)]
struct Inner {
    /// How many have begun, to run or to wait; also the number of the last one.
    begun: u64,
    /// Mostly empty; a slab keeps its memory even then.
    live: Slab<Live>,
    /// How many of `live` have a place among the batches that may run at once.
    batches: usize,
    /// Batches that had a place, left it, and want one again.
    resuming: VecDeque<(LiveId, oneshot::Sender<()>)>,
    waiting: VecDeque<Box<Execution>>,
    /// Whether a drain has begun, which reports what is lost from then on. Before, nobody might ever ask for the names.
    names_losses: bool,
    tasks_lost: Vec<AbandonedTask>,
    requests_lost: Vec<AbandonedRequest>,
}

pub(super) struct Live {
    pub(super) what: Leftover,
    number: u64,
    has_place: bool,
    pub(super) origin: Origin,
    pub(super) since: Instant,
    /// None until it is spawned.
    abort: Option<AbortHandle>,
}

/// The slot of something live, and its number, because slots are reused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveId {
    slot: usize,
    number: u64,
}

pub(super) enum Admission {
    Run(Box<Execution>),
    Waits,
    Refused(Box<Execution>),
}

/// Who takes the place that has become free.
pub(super) enum Next {
    Runs(Box<Execution>),
    Resumes(oneshot::Sender<()>),
}

impl Inner {
    #[inline]
    fn insert(
        &mut self,
        what: Leftover,
        origin: Origin,
        since: Instant,
        abort: Option<AbortHandle>,
    ) -> LiveId {
        self.begun += 1;
        let (number, has_place) = (self.begun, what == Leftover::Batch);
        self.batches += usize::from(has_place);
        let slot = self.live.insert(Live { what, number, has_place, origin, since, abort });
        LiveId { slot, number }
    }

    fn get_mut(&mut self, id: LiveId) -> Option<&mut Live> {
        self.live.get_mut(id.slot).filter(|live| live.number == id.number)
    }

    #[inline]
    fn remove(&mut self, id: LiveId) -> Option<Live> {
        let has_place = self.get_mut(id)?.has_place;
        self.batches -= usize::from(has_place);
        self.live.try_remove(id.slot)
    }

    /// Returns whether the batch is still there.
    fn take_place(&mut self, id: LiveId) -> bool {
        let Some(live) = self.get_mut(id) else { return false };
        live.has_place = true;
        self.batches += 1;
        true
    }

    /// A place is free: those that had one come first.
    fn next(&mut self) -> Option<Next> {
        while let Some((id, turn)) = self.resuming.pop_front() {
            if self.take_place(id) {
                return Some(Next::Resumes(turn));
            }
        }
        let mut next = self.waiting.pop_front()?;
        self.runs(&mut next, None);
        Some(Next::Runs(next))
    }

    fn runs(&mut self, execution: &mut Execution, abort: Option<AbortHandle>) {
        let since = execution.since().unwrap_or_else(Instant::now);
        execution.id = Some(self.insert(Leftover::Batch, execution.origin().clone(), since, abort));
    }

    fn all(&self, what: Leftover) -> impl Iterator<Item = &Live> {
        self.live.iter().map(|(_, live)| live).filter(move |live| live.what == what)
    }

    fn oldest_first(&mut self) -> Vec<&mut Live> {
        let mut all: Vec<_> = self.live.iter_mut().map(|(_, live)| live).collect();
        all.sort_unstable_by_key(|live| live.number);
        all
    }

    /// How to stop what has been spawned: the exits of batches that were cut off, or everything else.
    fn take_aborts(&mut self, exits: bool) -> Vec<AbortHandle> {
        let all = self.oldest_first().into_iter();
        all.filter(|live| (live.what == Leftover::Exits) == exits)
            .filter_map(|live| live.abort.take())
            .collect()
    }
}

impl Registry {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, inner: Mutex::default(), cut: AtomicBool::new(false) }
    }

    /// No value of the user's may be dropped and nothing spawned under this lock: either could come back here and lock it again.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    pub(super) fn admit(&self, mut execution: Box<Execution>, abort: Option<AbortHandle>) -> Admission {
        let mut inner = self.inner();
        if self.is_cut() {
            return Admission::Refused(execution);
        }
        if inner.batches < self.limit {
            inner.runs(&mut execution, abort);
            Admission::Run(execution)
        } else {
            execution.runtime = execution.runtime.take().or_else(|| Handle::try_current().ok());
            inner.waiting.push_back(execution);
            inner.begun += 1;
            Admission::Waits
        }
    }

    /// A number that is another one after anything has begun.
    pub(super) fn begun(&self) -> u64 {
        self.inner().begun
    }

    pub(super) fn begin(&self, what: Leftover, origin: Origin) -> LiveId {
        let since = Instant::now();
        self.inner().insert(what, origin, since, None)
    }

    /// Remembers how to stop what was just spawned, unless it has already ended.
    pub(super) fn attach(&self, id: LiveId, abort: AbortHandle) {
        let mut inner = self.inner();
        let Some(live) = inner.get_mut(id) else { return };
        // A batch or request was admitted just before the deadline and spawned after it. Exits have a deadline of their own.
        if self.is_cut() && live.what != Leftover::Exits {
            drop(inner);
            abort.abort();
        } else {
            live.abort = Some(abort);
        }
    }

    /// A batch has ended; the one that has waited longest takes its place.
    pub(super) fn ended(&self, id: LiveId) -> Option<Next> {
        let mut inner = self.inner();
        inner.remove(id)?;
        inner.next()
    }

    /// A batch leaves its place to the one that has waited longest.
    pub(super) fn pause(&self, id: LiveId) -> Option<Next> {
        let mut inner = self.inner();
        let live = inner.get_mut(id)?;
        live.has_place = false;
        inner.batches -= 1;
        inner.next()
    }

    /// Gives a batch that has left its place a new one; if there is none, what is returned tells when there is.
    pub(super) fn resume(&self, id: LiveId) -> Option<oneshot::Receiver<()>> {
        let mut inner = self.inner();
        if inner.batches < self.limit {
            inner.take_place(id);
            return None;
        }
        let (turn, comes) = oneshot::channel();
        inner.resuming.push_back((id, turn));
        Some(comes)
    }

    /// A batch was cut off: returns the batch that had left its own place and takes this one, and all that have not begun.
    pub(super) fn ended_with_all(&self, id: LiveId) -> (Option<Next>, VecDeque<Box<Execution>>) {
        let mut inner = self.inner();
        let waiting = mem::take(&mut inner.waiting);
        let had_place = inner.remove(id).is_some_and(|live| live.has_place);
        (if had_place { inner.next() } else { None }, waiting)
    }

    /// Something other than a batch has ended.
    pub(super) fn end_other(&self, id: LiveId) -> Option<Live> {
        self.inner().remove(id)
    }

    pub(super) fn name_losses(&self) {
        self.inner().names_losses = true;
    }

    pub(super) fn name(&self, task: AbandonedTask) {
        let mut inner = self.inner();
        if inner.names_losses {
            inner.tasks_lost.push(task);
        }
    }

    pub(super) fn name_request(&self, request: AbandonedRequest) {
        let mut inner = self.inner();
        if inner.names_losses {
            inner.requests_lost.push(request);
        }
    }

    /// From now on nothing is admitted. What is waiting is returned, to be dropped; what is running is told to stop.
    pub(super) fn cut(&self) -> VecDeque<Box<Execution>> {
        let mut inner = self.inner();
        self.cut.store(true, Ordering::Release);
        let aborts = inner.take_aborts(false);
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        aborts.iter().for_each(AbortHandle::abort);
        waiting
    }

    pub(super) fn cut_exits(&self) {
        let aborts = self.inner().take_aborts(true);
        aborts.iter().for_each(AbortHandle::abort);
    }

    pub(super) fn has_exits(&self) -> bool {
        self.inner().all(Leftover::Exits).next().is_some()
    }

    /// What has been named so far, and what did not stop when it was told to.
    pub(super) fn losses(&self) -> (Vec<AbandonedTask>, Vec<AbandonedRequest>, Vec<Stuck>) {
        let mut inner = self.inner();
        let tasks = mem::take(&mut inner.tasks_lost);
        let requests = mem::take(&mut inner.requests_lost);
        let stuck = inner.oldest_first().into_iter();
        let stuck = stuck
            .map(|live| Stuck { what: live.what, origin: live.origin.clone(), age: live.since.elapsed() })
            .collect();
        (tasks, requests, stuck)
    }

    pub(super) fn fill(&self, mut stats: TaskStats) -> TaskStats {
        let inner = self.inner();
        stats.batches = inner.batches as u64;
        let paused = inner.all(Leftover::Batch).count() - inner.batches;
        stats.waiting_batches = (inner.waiting.len() + paused) as u64;
        stats.kept = inner.all(Leftover::Request).count() as u64;
        stats.open = inner.all(Leftover::WebSocket).count() as u64;
        let oldest = inner.all(Leftover::Batch).map(|live| live.since).min();
        stats.oldest = oldest
            .or(inner.waiting.front().and_then(|execution| execution.since()))
            .map(|since| since.elapsed());
        stats
    }
}
