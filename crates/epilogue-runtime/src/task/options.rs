use std::time::Duration;

use super::Backoff;

/// The options that `#[task(…)]` gives to each of its tasks, unless the one that adds it says otherwise.
///
/// ```
/// use epilogue_runtime::TaskOptions;
/// use std::time::Duration;
///
/// const OPTIONS: TaskOptions = TaskOptions::new().retries(3).timeout(Duration::from_millis(30_000));
/// assert_eq!(OPTIONS.retries, 3);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct TaskOptions {
    /// How often the task is tried again after an error.
    pub retries: u32,
    /// Whether a panic counts as an error that is tried again.
    pub retry_on_panic: bool,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// Whether the task runs even when its request failed.
    pub always: bool,
    /// The waits between the attempts.
    pub backoff: Backoff,
}

impl TaskOptions {
    /// No retries, no timeout.
    pub const fn new() -> Self {
        Self { retries: 0, retry_on_panic: false, timeout: None, always: false, backoff: Backoff::new() }
    }

    /// Sets how often the task is tried again after an error.
    pub const fn retries(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// A panic, too, is tried again.
    pub const fn retry_on_panic(mut self) -> Self {
        self.retry_on_panic = true;
        self
    }

    /// Sets how long an attempt may take.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The task runs even when its request failed.
    pub const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    /// Sets the waits between the attempts.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }
}
