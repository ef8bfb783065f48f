//! Values that are written all the time, one for each core. If all cores wrote to the same memory, they would have to take turns at it.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

/// As many values as there are cores. Each thread has one that it writes to.
#[derive(Debug)]
pub(crate) struct Sharded<T>(Box<[Shard<T>]>);

/// Alone on its cache lines, of which a processor may fetch two at a time.
#[derive(Debug)]
#[repr(align(128))]
struct Shard<T>(T);

/// A power of two, so that a thread finds its shard without a division.
static SHARDS: LazyLock<usize> =
    LazyLock::new(|| available_parallelism().map_or(1, |cores| cores.get().next_power_of_two()));

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: usize = NEXT_THREAD.fetch_add(1, Relaxed);
}

impl<T> Sharded<T> {
    pub(crate) fn new(make: impl Fn() -> T) -> Self {
        Self::of_positions(|_, _| make())
    }

    /// Values that depend on their position.
    pub(crate) fn of_positions(make: impl Fn(usize, usize) -> T) -> Self {
        let shards = *SHARDS;
        Self((0..shards).map(|position| Shard(make(position, shards))).collect())
    }

    /// The thread's own. If there are more threads than cores, others have it too.
    #[inline]
    pub(crate) fn own(&self) -> &T {
        &self.0[self.own_position()].0
    }

    #[inline]
    pub(crate) fn own_position(&self) -> usize {
        THREAD.with(|thread| thread & (self.0.len() - 1))
    }

    pub(crate) fn at(&self, position: usize) -> &T {
        &self.0[position].0
    }

    /// The positions, beginning with the thread's own.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> + use<T> {
        let (own, last) = (self.own_position(), self.0.len() - 1);
        (0..=last).map(move |position| (own + position) & last)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.0.iter().map(|shard| &shard.0)
    }
}
