//! What a runner counts, and the places for tasks that it has.

use std::sync::atomic::{
    AtomicI64, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
};

use crate::{TaskOutcome, TaskStats, sharded::Sharded};

/// How many free places a shard gets when it has too few, for what comes next. It keeps up to twice as many.
const SPARE: i64 = 256;

/// Counted by each core for itself. A task or a reservation may end on another core than the one on which it began, so only the sums of
/// all shards mean something.
#[derive(Debug)]
pub(crate) struct Counters {
    /// How many places there are.
    limit: usize,
    /// How many of them the shards have, used or free. More than the limit where tasks were added that had to be accepted.
    leased: AtomicUsize,
    shards: Sharded<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    added: AtomicU64,
    succeeded: AtomicU64,
    /// Those that ended in any other way.
    ended_otherwise: AtomicU64,
    /// Places for the tasks of requests in flight.
    reserved: AtomicU64,
    /// Places for what is pending, what is reserved, and what comes next.
    leased: AtomicI64,
    running: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    timed_out: AtomicU64,
    retried: AtomicU64,
    abandoned: AtomicU64,
    discarded: AtomicU64,
}

impl Shard {
    /// How many of its places are free; fewer than none if it lacks some.
    // `SeqCst` here and where these are written: if one core uses a place while another one takes it away, at least one of them sees it.
    #[inline]
    fn free(&self) -> i64 {
        let ended = self.succeeded.load(SeqCst).wrapping_add(self.ended_otherwise.load(SeqCst));
        // Before `added`: a task that takes a reserved place in between counts twice, and never not at all.
        let reserved = self.reserved.load(SeqCst);
        let used = reserved.wrapping_add(self.added.load(SeqCst)).wrapping_sub(ended).cast_signed();
        self.leased.load(SeqCst) - used
    }
}

impl Counters {
    /// With this many places.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, leased: AtomicUsize::new(0), shards: Sharded::new(Shard::default) }
    }

    pub(crate) fn added(&self) {
        let shard = self.shards.own();
        shard.added.fetch_add(1, SeqCst);
        if shard.free() < 0 {
            self.lease_anyway(shard);
        }
    }

    pub(crate) fn ended(&self, outcome: TaskOutcome) {
        let shard = self.shards.own();
        let otherwise = match outcome {
            TaskOutcome::Succeeded => None,
            TaskOutcome::Failed => Some(&shard.failed),
            TaskOutcome::Panicked => Some(&shard.panicked),
            TaskOutcome::TimedOut => Some(&shard.timed_out),
            TaskOutcome::Abandoned => Some(&shard.abandoned),
            TaskOutcome::Discarded => Some(&shard.discarded),
        };
        match otherwise {
            None => shard.succeeded.fetch_add(1, Release),
            Some(counter) => {
                counter.fetch_add(1, Release);
                shard.ended_otherwise.fetch_add(1, Release)
            }
        };
        self.give_back(shard);
    }

    pub(crate) fn running(&self) {
        self.shards.own().running.fetch_add(1, Relaxed);
    }

    pub(crate) fn stopped(&self) {
        self.shards.own().running.fetch_sub(1, Relaxed);
    }

    pub(crate) fn retried(&self) {
        self.shards.own().retried.fetch_add(1, Relaxed);
    }

    /// Reserves places if there are enough.
    pub(crate) fn reserve(&self, tasks: usize) -> bool {
        let shard = self.shards.own();
        shard.reserved.fetch_add(tasks as u64, SeqCst);
        let is_there = shard.free() >= 0 || self.lease(shard);
        if !is_there {
            self.unreserve(tasks);
        }
        is_there
    }

    /// Reserves a place whatever the limit.
    pub(crate) fn reserve_anyway(&self) {
        let shard = self.shards.own();
        shard.reserved.fetch_add(1, SeqCst);
        if shard.free() < 0 {
            self.lease_anyway(shard);
        }
    }

    /// Whoever sees these places free again also sees the tasks that were added on them.
    pub(crate) fn unreserve(&self, tasks: usize) {
        let shard = self.shards.own();
        shard.reserved.fetch_sub(tasks as u64, SeqCst);
        self.give_back(shard);
    }

    /// Whether all places are used.
    pub(crate) fn is_full(&self) -> bool {
        self.leased.load(Acquire) >= self.limit && {
            self.collect();
            self.leased.load(Acquire) >= self.limit
        }
    }

    /// Gets a shard the places that it lacks.
    #[cold]
    fn lease(&self, shard: &Shard) -> bool {
        self.try_lease(shard, SPARE) || self.try_lease(shard, 0) || {
            self.collect();
            self.try_lease(shard, 0)
        }
    }

    fn try_lease(&self, shard: &Shard, spare: i64) -> bool {
        let lacking = spare - shard.free();
        let Ok(places @ 1..) = usize::try_from(lacking) else { return true };
        let more = |leased: usize| leased.checked_add(places).filter(|&leased| leased <= self.limit);
        let is_there = self.leased.fetch_update(AcqRel, Acquire, more).is_ok();
        if is_there {
            shard.leased.fetch_add(lacking, SeqCst);
        }
        is_there
    }

    #[cold]
    fn lease_anyway(&self, shard: &Shard) {
        if self.lease(shard) {
            return;
        }
        let lacking = -shard.free();
        if let Ok(places @ 1..) = usize::try_from(lacking) {
            self.leased.fetch_add(places, AcqRel);
            shard.leased.fetch_add(lacking, SeqCst);
        }
    }

    /// Gives back what a shard has more than it keeps.
    #[inline]
    fn give_back(&self, shard: &Shard) {
        let free = shard.free();
        // Beyond the limit, none is kept for what comes next.
        let (most, kept) = if self.leased.load(Relaxed) > self.limit { (0, 0) } else { (2 * SPARE, SPARE) };
        if free > most {
            self.take_away(shard, free - kept);
        }
    }

    #[cold]
    fn take_away(&self, shard: &Shard, places: i64) {
        shard.leased.fetch_sub(places, SeqCst);
        if shard.free() < 0 {
            // They have been used in the meantime, or somebody else has taken them away.
            shard.leased.fetch_add(places, SeqCst);
        } else {
            self.leased.fetch_sub(usize::try_from(places).unwrap_or_default(), AcqRel);
        }
    }

    /// Takes all free places away from the shards.
    fn collect(&self) {
        for shard in self.shards.iter() {
            let free = shard.free();
            if free > 0 {
                self.take_away(shard, free);
            }
        }
    }

    pub(crate) fn pending(&self) -> usize {
        let stats = self.snapshot();
        usize::try_from(stats.queued + stats.running).unwrap_or(usize::MAX)
    }

    pub(crate) fn snapshot(&self) -> TaskStats {
        let sum = |counter: fn(&Shard) -> &AtomicU64| {
            let all = self.shards.iter().map(|shard| counter(shard).load(Acquire));
            all.fold(0, u64::wrapping_add)
        };
        let mut stats = TaskStats {
            succeeded: sum(|shard| &shard.succeeded),
            failed: sum(|shard| &shard.failed),
            panicked: sum(|shard| &shard.panicked),
            timed_out: sum(|shard| &shard.timed_out),
            retried: sum(|shard| &shard.retried),
            abandoned: sum(|shard| &shard.abandoned),
            discarded: sum(|shard| &shard.discarded),
            ..TaskStats::default()
        };
        // After the ends: whoever sees a task end also sees that it was added.
        let pending = sum(|shard| &shard.added) - stats.accepted();
        // A task that has just ended is no longer pending, but may still count as running.
        let running = sum(|shard| &shard.running).cast_signed().max(0);
        stats.running = running.cast_unsigned().min(pending);
        stats.queued = pending - stats.running;
        stats
    }
}
