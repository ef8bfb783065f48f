use std::sync::atomic::{AtomicUsize, Ordering};

/// How many tasks a route's requests add, so that places can be reserved for them before the next request runs.
#[derive(Debug, Default)]
pub(crate) struct Demand(AtomicUsize);

impl Demand {
    /// As many as the next request may well add; zero if none has added any.
    pub(super) fn expected(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A request has added this many. What is expected rises at once and falls slowly, so that one request that adds far more
    /// than others does not keep them out for long.
    pub(crate) fn was(&self, added: usize) {
        let expected = self.0.load(Ordering::Relaxed);
        let next = added.max(expected - expected.div_ceil(8));
        if next != expected {
            self.0.store(next, Ordering::Relaxed);
        }
    }

    /// A request was refused when this many tasks may be pending. If it would have needed a large part of them, the next one is
    /// expected to need less: what one request of a route once added must not keep all others out for good.
    pub(super) fn refused(&self, limit: usize) {
        if self.expected() > limit / 16 {
            self.was(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_expects_what_came_last_and_forgets_what_was_rare() {
        let demand = Demand::default();
        assert_eq!(demand.expected(), 0);
        demand.was(10);
        assert_eq!(demand.expected(), 10);
        demand.was(10_000);
        assert_eq!(demand.expected(), 10_000);
        for usual in [10, 1, 0] {
            for _ in 0..60 {
                demand.was(usual);
            }
            assert_eq!(demand.expected(), usual);
        }
    }

    #[test]
    fn what_one_request_added_keeps_no_others_out_for_good() {
        let demand = Demand::default();
        demand.was(10_000);
        for _ in 0..30 {
            demand.refused(16_000);
        }
        assert!(demand.expected() <= 1_000);
        let still = demand.expected();
        demand.refused(16_000);
        assert_eq!(demand.expected(), still, "of that size there may be many");
    }
}
