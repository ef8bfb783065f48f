use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

/// Counts what goes on, and tells when nothing does. A clone counts the same.
///
/// ```
/// use epilogue_runtime::Tracker;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tracker = Tracker::default();
/// let guest = tracker.track();
/// assert_eq!(tracker.len(), 1);
/// tokio::spawn(async move { drop(guest) });
/// tracker.wait().await;
/// assert!(tracker.is_empty());
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Tracker(Arc<Counted>);

/// Counted by a [`Tracker`] until it is dropped.
#[must_use = "it counts no longer than it is kept"]
pub struct Tracked(Arc<Counted>);

#[derive(Default)]
struct Counted {
    /// Twice as many as are counted; one more once somebody has waited, so that until then no end of one takes a lock.
    state: AtomicUsize,
    none: Notify,
}

const ONE: usize = 2;
const WAITED_FOR: usize = 1;

impl Tracker {
    /// Counts one more.
    pub fn track(&self) -> Tracked {
        self.0.state.fetch_add(ONE, Ordering::Relaxed);
        Tracked(Arc::clone(&self.0))
    }

    /// How many are counted.
    pub fn len(&self) -> usize {
        self.0.state.load(Ordering::Acquire) / ONE
    }

    /// Whether none is counted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until none is counted.
    pub async fn wait(&self) {
        loop {
            // In this order: an end that comes after the look wakes it.
            let none = self.0.none.notified();
            if self.0.state.fetch_or(WAITED_FOR, Ordering::AcqRel) / ONE == 0 {
                return;
            }
            none.await;
        }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        // Whoever waits sees all that was done before.
        if self.0.state.fetch_sub(ONE, Ordering::AcqRel) == ONE + WAITED_FOR {
            self.0.none.notify_waiters();
        }
    }
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("len", &self.len()).finish()
    }
}

impl fmt::Debug for Tracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn all_who_wait_are_woken_by_the_end_of_the_last_one() {
        let tracker = Tracker::default();
        for _ in 0..100 {
            for tracked in [tracker.track(), tracker.track()] {
                tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    drop(tracked);
                });
            }
            let waiting = [tracker.clone(), tracker.clone()]
                .map(|tracker| tokio::spawn(async move { tracker.wait().await }));
            for one in waiting {
                one.await.unwrap();
            }
            assert!(tracker.is_empty());
        }
    }

    #[tokio::test]
    async fn it_is_not_over_while_one_is_left() {
        let tracker = Tracker::default();
        let (first, second) = (tracker.track(), tracker.track());
        let waiting = tokio::spawn({
            let tracker = tracker.clone();
            async move { tracker.wait().await }
        });
        tokio::task::yield_now().await;
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        assert_eq!(tracker.len(), 1);
        drop(second);
        waiting.await.unwrap();
    }
}
