//! What a runner has in hand.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{task::AbortHandle, time::Instant};

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

/// What is live, by number. A map of hashes keeps its memory when it is empty, as it mostly is.
type Lives = HashMap<u64, Live, BuildHasherDefault<NumberHasher>>;

/// Spreads numbers that are handed out in turn; nobody can choose one.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed")
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio in 64 bits.
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

struct Live {
    origin: Origin,
    since: Instant,
    /// None until it is spawned.
    abort: Option<AbortHandle>,
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

    fn runs(&mut self, number: u64, execution: &Execution, abort: Option<AbortHandle>) {
        let since = execution.since().unwrap_or_else(Instant::now);
        let live = Live { origin: execution.origin().clone(), since, abort };
        self.batches.insert(number, live);
    }
}

impl Registry {
    /// Nothing of the user's is dropped and nothing spawned under this lock: both may come back here.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
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
        let number = inner.number();
        execution.number = Some(number);
        if inner.batches.len() < limit {
            inner.runs(number, &execution, abort);
            Admission::Run(execution)
        } else {
            inner.waiting.push_back(execution);
            Admission::Waits
        }
    }

    pub(super) fn begin(&self, what: What, origin: &Origin) -> u64 {
        let live = Live { origin: origin.clone(), since: Instant::now(), abort: None };
        let mut inner = self.inner();
        let number = inner.number();
        inner.live(what).insert(number, live);
        number
    }

    /// Remembers how to stop what was just spawned, unless it has ended meanwhile.
    pub(super) fn attach(&self, what: What, number: u64, abort: AbortHandle) {
        let mut inner = self.inner();
        // A batch or request that was admitted just before the deadline; exits have their own.
        if inner.cut && what != What::Exits {
            drop(inner);
            abort.abort();
            return;
        }
        if let Some(live) = inner.live(what).get_mut(&number) {
            live.abort = Some(abort);
        }
    }

    /// A batch has ended; the one that has waited longest takes its place.
    pub(super) fn ended(&self, number: u64) -> Option<Box<Execution>> {
        let mut inner = self.inner();
        inner.batches.remove(&number)?;
        let next = inner.waiting.pop_front()?;
        inner.runs(next.number?, &next, None);
        Some(next)
    }

    /// A batch was cut off; so are those that wait.
    pub(super) fn ended_with_all(&self, number: u64) -> VecDeque<Box<Execution>> {
        let mut inner = self.inner();
        inner.batches.remove(&number);
        mem::take(&mut inner.waiting)
    }

    /// Its age, the first time that it is asked to end.
    pub(super) fn end_other(&self, what: What, number: u64) -> Option<Duration> {
        self.inner().live(what).remove(&number).map(|live| live.since.elapsed())
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
        let aborts: Vec<_> = batches
            .values_mut()
            .chain(kept.values_mut())
            .chain(open.values_mut())
            .filter_map(|live| live.abort.take())
            .collect();
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        aborts.iter().for_each(AbortHandle::abort);
        waiting
    }

    pub(super) fn cut_exits(&self) {
        let mut inner = self.inner();
        let aborts: Vec<_> = inner.exits.values_mut().filter_map(|live| live.abort.take()).collect();
        drop(inner);
        aborts.iter().for_each(AbortHandle::abort);
    }

    pub(super) fn has_exits(&self) -> bool {
        !self.inner().exits.is_empty()
    }

    /// What was named so far, and what did not stop when it was told to.
    pub(super) fn losses(&self) -> (Vec<AbandonedTask>, Vec<AbandonedRequest>, Vec<StuckBatch>) {
        let mut inner = self.inner();
        let tasks = mem::take(&mut inner.tasks_lost);
        let requests = mem::take(&mut inner.requests_lost);
        let Inner { batches, kept, open, exits, .. } = &*inner;
        // The oldest first.
        let mut stuck: Vec<_> = [batches, kept, open, exits].into_iter().flatten().collect();
        stuck.sort_unstable_by_key(|(number, _)| **number);
        let stuck = stuck
            .into_iter()
            .map(|(_, live)| StuckBatch { origin: live.origin.clone(), age: live.since.elapsed() })
            .collect();
        (tasks, requests, stuck)
    }

    pub(super) fn fill(&self, mut stats: TaskStats) -> TaskStats {
        let inner = self.inner();
        stats.batches = inner.batches.len() as u64;
        stats.waiting_batches = inner.waiting.len() as u64;
        stats.kept = inner.kept.len() as u64;
        stats.open = inner.open.len() as u64;
        let oldest = inner.batches.values().map(|live| live.since).min();
        stats.oldest = oldest
            .or(inner.waiting.front().and_then(|execution| execution.since()))
            .map(|since| since.elapsed());
        stats
    }
}
