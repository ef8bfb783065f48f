use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How long a task waits before it is tried again. The waits grow up to a longest one, or stay the same. Each has a random part, so two
/// tasks rarely wait equally long.
///
/// The default waits 1 s, 2 s, 4 s … up to 60 s, each plus a random part of itself (jitter). So tasks that failed
/// together are not tried again together.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::Backoff;
/// use std::time::Duration;
///
/// let backoff = Backoff::new().first(Duration::from_millis(100)).factor(3.0).longest(Duration::from_secs(5));
/// # let _ = backoff;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    first: Duration,
    factor: f32,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// The default.
    pub const fn new() -> Self {
        Self { first: Duration::from_secs(1), factor: 2.0, longest: Duration::from_mins(1) }
    }

    /// Sets the wait before the second attempt.
    pub const fn first(self, wait: Duration) -> Self {
        Self { first: wait, ..self }
    }

    /// Sets what each wait is multiplied by to make the next. Less than 1 counts as 1, and so does a NaN: the waits never shrink.
    pub const fn factor(self, factor: f32) -> Self {
        Self { factor: factor.max(1.0), ..self }
    }

    /// Sets the longest wait, before jitter.
    pub const fn longest(self, wait: Duration) -> Self {
        Self { longest: wait, ..self }
    }

    pub(crate) fn waits(self) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .without_max_times()
            .with_jitter()
            .with_factor(self.factor)
            // The builder does not bound the first wait.
            .with_min_delay(self.first.min(self.longest))
            .with_max_delay(self.longest)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_is_longer_than_the_longest_and_its_jitter() {
        let longest = Duration::from_millis(10);
        for backoff in [Backoff::new().longest(longest), Backoff::new().longest(longest).first(longest * 9)] {
            assert!(backoff.waits().take(5).all(|wait| wait <= 2 * longest));
        }
    }

    #[test]
    fn the_waits_never_shrink() {
        let first = Duration::from_secs(2);
        for factor in [f32::NAN, f32::NEG_INFINITY, -2.0, -0.0, 0.5] {
            let waits: Vec<_> = Backoff::new().first(first).factor(factor).waits().take(5).collect();
            assert!(waits.iter().all(|wait| (first..=2 * first).contains(wait)), "{factor}: {waits:?}");
        }
    }
}
