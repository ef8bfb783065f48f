//! What a runner has in hand.

use std::{
    collections::VecDeque,
    mem,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use slab::Slab;
use tokio::{runtime::Handle, task::AbortHandle, time::Instant};

use super::report::{AbandonedRequest, AbandonedTask, StuckBatch};
use crate::{Origin, TaskStats, execution::Execution};

/// What a runner has in hand. Locked once or twice for a batch, never for a task.
#[derive(Default)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
    /// The same as `inner.cut`, for those who only ask.
    cut: AtomicBool,
}

#[derive(Default)]
struct Inner {
    next: u64,
    batches: Lives,
    waiting: VecDeque<Box<Execution>>,
    kept: Lives,
    open: Lives,
    exits: Lives,
    cut: bool,
    tasks_lost: Vec<AbandonedTask>,
    requests_lost: Vec<AbandonedRequest>,
}

/// What is live. A slab keeps its memory when it is empty, as it mostly is.
#[derive(Default)]
struct Lives(Slab<Live>);

struct Live {
    number: u64,
    origin: Origin,
    since: Instant,
    /// None until it is spawned.
    abort: Option<AbortHandle>,
}

/// The place of something live, and its number, since places are used again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveId {
    place: usize,
    number: u64,
}

impl Lives {
    fn insert(&mut self, live: Live) -> LiveId {
        LiveId { number: live.number, place: self.0.insert(live) }
    }

    fn get_mut(&mut self, id: LiveId) -> Option<&mut Live> {
        self.0.get_mut(id.place).filter(|live| live.number == id.number)
    }

    fn remove(&mut self, id: LiveId) -> Option<Live> {
        self.get_mut(id)?;
        self.0.try_remove(id.place)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn iter(&self) -> impl Iterator<Item = &Live> {
        self.0.iter().map(|(_, live)| live)
    }

    /// How to stop all that has been spawned.
    fn take_aborts(&mut self) -> impl Iterator<Item = AbortHandle> {
        self.0.iter_mut().filter_map(|(_, live)| live.abort.take())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Batch,
    Kept,
    Open,
    Exits,
}

pub(super) enum Admission {
    Run(Box<Execution>),
    Waits,
    Refused(Box<Execution>),
}

impl Inner {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn live(&mut self, what: What) -> &mut Lives {
        match what {
            What::Batch => &mut self.batches,
            What::Kept => &mut self.kept,
            What::Open => &mut self.open,
            What::Exits => &mut self.exits,
        }
    }

    fn runs(&mut self, execution: &mut Execution, abort: Option<AbortHandle>) {
        let since = execution.since().unwrap_or_else(Instant::now);
        let live = Live { number: self.number(), origin: execution.origin().clone(), since, abort };
        execution.id = Some(self.batches.insert(live));
    }
}

impl Registry {
    /// Nothing of the user's is dropped and nothing spawned under this lock: both may come back here.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    pub(super) fn admit(
        &self,
        mut execution: Box<Execution>,
        limit: usize,
        abort: Option<AbortHandle>,
    ) -> Admission {
        let mut inner = self.inner();
        if inner.cut {
            return Admission::Refused(execution);
        }
        if inner.batches.len() < limit {
            inner.runs(&mut execution, abort);
            Admission::Run(execution)
        } else {
            execution.runtime = execution.runtime.take().or_else(|| Handle::try_current().ok());
            inner.waiting.push_back(execution);
            Admission::Waits
        }
    }

    pub(super) fn begin(&self, what: What, origin: &Origin) -> LiveId {
        let (origin, since) = (origin.clone(), Instant::now());
        let mut inner = self.inner();
        let live = Live { number: inner.number(), origin, since, abort: None };
        inner.live(what).insert(live)
    }

    /// Remembers how to stop what was just spawned, unless it has ended meanwhile.
    pub(super) fn attach(&self, what: What, id: LiveId, abort: AbortHandle) {
        let mut inner = self.inner();
        // A batch or request that was admitted just before the deadline; exits have their own.
        if inner.cut && what != What::Exits {
            drop(inner);
            abort.abort();
            return;
        }
        if let Some(live) = inner.live(what).get_mut(id) {
            live.abort = Some(abort);
        }
    }

    /// A batch has ended; the one that has waited longest takes its place.
    pub(super) fn ended(&self, id: LiveId) -> Option<Box<Execution>> {
        let mut inner = self.inner();
        inner.batches.remove(id)?;
        let mut next = inner.waiting.pop_front()?;
        inner.runs(&mut next, None);
        Some(next)
    }

    /// A batch was cut off: with it comes all that waits.
    pub(super) fn ended_with_all(&self, id: LiveId) -> VecDeque<Box<Execution>> {
        let mut inner = self.inner();
        inner.batches.remove(id);
        mem::take(&mut inner.waiting)
    }

    /// Its age, the first time that it is asked to end.
    pub(super) fn end_other(&self, what: What, id: LiveId) -> Option<Duration> {
        self.inner().live(what).remove(id).map(|live| live.since.elapsed())
    }

    pub(super) fn name(&self, task: AbandonedTask) {
        self.inner().tasks_lost.push(task);
    }

    pub(super) fn name_request(&self, request: AbandonedRequest) {
        self.inner().requests_lost.push(request);
    }

    /// From now on nothing is admitted. What waits is returned, to be dropped; what runs is told to stop.
    pub(super) fn cut(&self) -> VecDeque<Box<Execution>> {
        let mut inner = self.inner();
        inner.cut = true;
        self.cut.store(true, Ordering::Release);
        let Inner { batches, kept, open, .. } = &mut *inner;
        let aborts: Vec<_> =
            batches.take_aborts().chain(kept.take_aborts()).chain(open.take_aborts()).collect();
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        aborts.iter().for_each(AbortHandle::abort);
        waiting
    }

    pub(super) fn cut_exits(&self) {
        let mut inner = self.inner();
        let aborts: Vec<_> = inner.exits.take_aborts().collect();
        drop(inner);
        aborts.iter().for_each(AbortHandle::abort);
    }

    pub(super) fn has_exits(&self) -> bool {
        self.inner().exits.len() > 0
    }

    /// What was named so far, and what did not stop when it was told to.
    pub(super) fn losses(&self) -> (Vec<AbandonedTask>, Vec<AbandonedRequest>, Vec<StuckBatch>) {
        let mut inner = self.inner();
        let tasks = mem::take(&mut inner.tasks_lost);
        let requests = mem::take(&mut inner.requests_lost);
        let Inner { batches, kept, open, exits, .. } = &*inner;
        // The oldest first.
        let mut stuck: Vec<_> = [batches, kept, open, exits].into_iter().flat_map(Lives::iter).collect();
        stuck.sort_unstable_by_key(|live| live.number);
        let stuck = stuck
            .into_iter()
            .map(|live| StuckBatch { origin: live.origin.clone(), age: live.since.elapsed() })
            .collect();
        (tasks, requests, stuck)
    }

    pub(super) fn fill(&self, mut stats: TaskStats) -> TaskStats {
        let inner = self.inner();
        stats.batches = inner.batches.len() as u64;
        stats.waiting_batches = inner.waiting.len() as u64;
        stats.kept = inner.kept.len() as u64;
        stats.open = inner.open.len() as u64;
        let oldest = inner.batches.iter().map(|live| live.since).min();
        stats.oldest = oldest
            .or(inner.waiting.front().and_then(|execution| execution.since()))
            .map(|since| since.elapsed());
        stats
    }
}
