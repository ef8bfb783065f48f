//! What a runner has in hand.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Acquire, SeqCst},
        },
    },
};

use parking_lot::{Mutex, MutexGuard};
use slab::Slab;
use tokio::{runtime::Handle, sync::oneshot, task::AbortHandle, time::Instant};

use super::report::{AbandonedRequest, AbandonedTask, Stuck};
use crate::{Origin, TaskStats, execution::Execution, list::List, sharded::Sharded};

/// What a runner has in hand. Looked at once or twice per batch, never per task.
pub(super) struct Registry {
    shards: Sharded<Shard>,
    /// Whether anything is in the queue.
    any_waits: AtomicBool,
    /// Set before the shards and the queue are looked at, so that everything that is live by then is told to stop.
    cut: AtomicBool,
    queue: Mutex<Queue>,
    lost: Mutex<Lost>,
}

/// What is in hand on one core, and its share of the places for batches.
struct Shard {
    limit: usize,
    taken: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    /// Mostly empty; a slab keeps its memory even then.
    live: Slab<Live>,
}

/// Batches for which there was no place.
#[derive(Default)]
struct Queue {
    /// They had a place, left it, and want one again.
    resuming: VecDeque<(LiveId, oneshot::Sender<()>)>,
    waiting: VecDeque<Box<Execution>>,
}

#[derive(Default)]
struct Lost {
    tasks: Vec<AbandonedTask>,
    requests: Vec<AbandonedRequest>,
}

pub(super) struct Live {
    pub(super) what: What,
    number: u64,
    /// Of the batches that may run at once, the one that this is, if it runs.
    place: Option<Place>,
    holder: Holder,
    pub(super) since: Instant,
    /// None until it is spawned.
    abort: Option<AbortHandle>,
}

/// Whose it is. The origin of a batch is not copied: that would write to the name of its route, which all requests share.
enum Holder {
    Batch(Arc<List>),
    Other(Origin),
}

/// A place among the batches that may run at once: the position of its shard.
#[derive(Debug, Clone, Copy)]
struct Place(usize);

/// The shard and slot of something live, and its number there, because slots are reused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveId {
    shard: usize,
    slot: usize,
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Batch,
    /// A request whose client has left.
    Kept,
    /// A WebSocket.
    Open,
    /// Those of a batch that was cut off.
    Exits,
}

pub(super) enum Admission {
    Run(Box<Execution>),
    /// Somebody else may have got a place meanwhile.
    Waits(Option<Next>),
    Refused(Box<Execution>),
}

/// Who takes the place that has become free.
pub(super) enum Next {
    Runs(Box<Execution>),
    Resumes(oneshot::Sender<()>),
}

impl Live {
    pub(super) fn origin(&self) -> &Origin {
        match &self.holder {
            Holder::Batch(list) => &list.origin,
            Holder::Other(origin) => origin,
        }
    }

    /// Orders what is live in several shards.
    fn age(&self) -> (Instant, u64, u64) {
        (self.since, self.origin().id, self.number)
    }
}

impl Shard {
    /// No value of the user's may be dropped and nothing spawned under this lock: either could come back here and lock it again.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    fn take_place(&self) -> bool {
        self.taken.fetch_update(SeqCst, SeqCst, |taken| (taken < self.limit).then_some(taken + 1)).is_ok()
    }
}

impl Inner {
    fn insert(&mut self, shard: usize, mut live: Live) -> LiveId {
        self.next += 1;
        live.number = self.next;
        LiveId { shard, number: live.number, slot: self.live.insert(live) }
    }

    fn get_mut(&mut self, id: LiveId) -> Option<&mut Live> {
        self.live.get_mut(id.slot).filter(|live| live.number == id.number)
    }

    fn remove(&mut self, id: LiveId) -> Option<Live> {
        self.get_mut(id)?;
        self.live.try_remove(id.slot)
    }
}

impl Registry {
    pub(super) fn new(limit: usize) -> Self {
        let shards = Sharded::of_positions(|position, shards| Shard {
            limit: limit / shards + usize::from(position < limit % shards),
            taken: AtomicUsize::new(0),
            inner: Mutex::default(),
        });
        Self {
            shards,
            any_waits: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            queue: Mutex::default(),
            lost: Mutex::default(),
        }
    }

    /// What holds for a shard's lock holds for this one. A shard may be locked under it, but not the other way round.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Acquire)
    }

    fn take_place(&self) -> Option<Place> {
        self.shards.positions().find(|&position| self.shards.at(position).take_place()).map(Place)
    }

    /// Leaves a place to the one that has waited longest.
    fn leave(&self, Place(position): Place) -> Option<Next> {
        self.shards.at(position).taken.fetch_sub(1, SeqCst);
        // In this order: who finds no place says that it waits, and then looks once more.
        if self.any_waits.load(SeqCst) { self.next(&mut self.queue()) } else { None }
    }

    /// Gives a place that is free to the one that has waited longest: those that had one come first.
    #[cold]
    fn next(&self, queue: &mut Queue) -> Option<Next> {
        let next = self.take_place().and_then(|place| {
            let next = self.next_in(place, queue);
            if next.is_none() {
                self.shards.at(place.0).taken.fetch_sub(1, SeqCst);
            }
            next
        });
        self.any_waits.store(!queue.resuming.is_empty() || !queue.waiting.is_empty(), SeqCst);
        next
    }

    fn next_in(&self, place: Place, queue: &mut Queue) -> Option<Next> {
        while let Some((id, turn)) = queue.resuming.pop_front() {
            if self.hold(id, place) {
                return Some(Next::Resumes(turn));
            }
        }
        let mut next = queue.waiting.pop_front()?;
        if self.runs(&mut next, place, None) {
            Some(Next::Runs(next))
        } else {
            // The cut takes it from here.
            queue.waiting.push_front(next);
            None
        }
    }

    /// Notes that a batch runs. Returns whether it may.
    #[must_use]
    fn runs(&self, execution: &mut Execution, place: Place, abort: Option<AbortHandle>) -> bool {
        let since = execution.since().unwrap_or_else(Instant::now);
        let holder = Holder::Batch(Arc::clone(&execution.list));
        let live = Live { what: What::Batch, number: 0, place: Some(place), holder, since, abort };
        let shard = self.shards.own_position();
        let mut inner = self.shards.at(shard).inner();
        // Under the lock: a cut either finds the batch, or is found.
        let may_run = !self.is_cut();
        if may_run {
            execution.id = Some(inner.insert(shard, live));
        }
        may_run
    }

    pub(super) fn admit(&self, mut execution: Box<Execution>, abort: Option<AbortHandle>) -> Admission {
        if !self.any_waits.load(SeqCst)
            && let Some(place) = self.take_place()
        {
            if self.runs(&mut execution, place, abort) {
                return Admission::Run(execution);
            }
            self.leave(place);
            return Admission::Refused(execution);
        }
        let mut queue = self.queue();
        if self.is_cut() {
            return Admission::Refused(execution);
        }
        self.any_waits.store(true, SeqCst);
        execution.runtime = execution.runtime.take().or_else(|| Handle::try_current().ok());
        queue.waiting.push_back(execution);
        Admission::Waits(self.next(&mut queue))
    }

    pub(super) fn begin(&self, what: What, origin: Origin) -> LiveId {
        let (holder, since) = (Holder::Other(origin), Instant::now());
        let live = Live { what, number: 0, place: None, holder, since, abort: None };
        let shard = self.shards.own_position();
        self.shards.at(shard).inner().insert(shard, live)
    }

    /// Remembers how to stop what was just spawned, unless it has already ended.
    pub(super) fn attach(&self, id: LiveId, abort: AbortHandle) {
        let mut inner = self.shards.at(id.shard).inner();
        let Some(live) = inner.get_mut(id) else { return };
        // A batch or request was admitted just before the deadline and spawned after it. Exits have a deadline of their own.
        if self.is_cut() && live.what != What::Exits {
            drop(inner);
            abort.abort();
        } else {
            live.abort = Some(abort);
        }
    }

    /// A batch has ended; the one that has waited longest takes its place.
    pub(super) fn ended(&self, id: LiveId) -> Option<Next> {
        let live = self.end_other(id)?;
        self.leave(live.place?)
    }

    /// A batch leaves its place to the one that has waited longest.
    pub(super) fn pause(&self, id: LiveId) -> Option<Next> {
        let place = self.shards.at(id.shard).inner().get_mut(id)?.place.take();
        self.leave(place?)
    }

    /// Gives a batch that has left its place a new one; if there is none, what is returned tells when there is.
    pub(super) fn resume(&self, id: LiveId) -> (Option<oneshot::Receiver<()>>, Option<Next>) {
        if !self.any_waits.load(SeqCst)
            && let Some(place) = self.take_place()
        {
            let is_live = self.hold(id, place);
            return (None, if is_live { None } else { self.leave(place) });
        }
        let (turn, comes) = oneshot::channel();
        let mut queue = self.queue();
        self.any_waits.store(true, SeqCst);
        queue.resuming.push_back((id, turn));
        (Some(comes), self.next(&mut queue))
    }

    /// Gives a place to a batch, if that is still there.
    fn hold(&self, id: LiveId, place: Place) -> bool {
        let mut inner = self.shards.at(id.shard).inner();
        let Some(live) = inner.get_mut(id) else { return false };
        live.place = Some(place);
        true
    }

    /// A batch was cut off: returns the batch that had left its own place and takes this one, and all that have not begun.
    pub(super) fn ended_with_all(&self, id: LiveId) -> (Option<Next>, VecDeque<Box<Execution>>) {
        let waiting = mem::take(&mut self.queue().waiting);
        (self.ended(id), waiting)
    }

    /// Something other than a batch has ended.
    pub(super) fn end_other(&self, id: LiveId) -> Option<Live> {
        self.shards.at(id.shard).inner().remove(id)
    }

    pub(super) fn name(&self, task: AbandonedTask) {
        self.lost.lock().tasks.push(task);
    }

    pub(super) fn name_request(&self, request: AbandonedRequest) {
        self.lost.lock().requests.push(request);
    }

    /// From now on nothing is admitted. What is waiting is returned, to be dropped; what is running is told to stop.
    pub(super) fn cut(&self) -> VecDeque<Box<Execution>> {
        self.cut.store(true, SeqCst);
        self.abort(|what| what != What::Exits);
        mem::take(&mut self.queue().waiting)
    }

    pub(super) fn cut_exits(&self) {
        self.abort(|what| what == What::Exits);
    }

    /// Stops what has been spawned, the oldest first.
    fn abort(&self, is_meant: impl Fn(What) -> bool) {
        let mut aborts = Vec::new();
        for shard in self.shards.iter() {
            for (_, live) in &mut shard.inner().live {
                if is_meant(live.what)
                    && let Some(abort) = live.abort.take()
                {
                    aborts.push((live.age(), abort));
                }
            }
        }
        aborts.sort_unstable_by_key(|(age, _)| *age);
        for (_, abort) in aborts {
            abort.abort();
        }
    }

    pub(super) fn has_exits(&self) -> bool {
        self.shards.iter().any(|shard| shard.inner().live.iter().any(|(_, live)| live.what == What::Exits))
    }

    /// What has been named so far, and what did not stop when it was told to.
    pub(super) fn losses(&self) -> (Vec<AbandonedTask>, Vec<AbandonedRequest>, Vec<Stuck>) {
        let Lost { tasks, requests } = mem::take(&mut *self.lost.lock());
        let mut stuck = Vec::new();
        for shard in self.shards.iter() {
            for (_, live) in &shard.inner().live {
                let age = live.since.elapsed();
                stuck.push((live.age(), Stuck { origin: live.origin().clone(), age }));
            }
        }
        stuck.sort_unstable_by_key(|(age, _)| *age);
        (tasks, requests, stuck.into_iter().map(|(_, stuck)| stuck).collect())
    }

    pub(super) fn fill(&self, mut stats: TaskStats) -> TaskStats {
        let mut oldest: Option<Instant> = None;
        for shard in self.shards.iter() {
            for (_, live) in &shard.inner().live {
                match live.what {
                    What::Batch => {
                        let counter = if live.place.is_some() {
                            &mut stats.batches
                        } else {
                            &mut stats.waiting_batches
                        };
                        *counter += 1;
                        oldest = Some(oldest.map_or(live.since, |oldest| oldest.min(live.since)));
                    }
                    What::Kept => stats.kept += 1,
                    What::Open => stats.open += 1,
                    What::Exits => {}
                }
            }
        }
        let queue = self.queue();
        stats.waiting_batches += queue.waiting.len() as u64;
        let oldest = oldest.or(queue.waiting.front().and_then(|execution| execution.since()));
        stats.oldest = oldest.map(|since| since.elapsed());
        stats
    }
}
