//! Tasks that record when they ran, and tasks that take long.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

const MARKS: usize = 1 << 16;
static MOMENTS: [AtomicI64; MARKS] = [const { AtomicI64::new(0) }; MARKS];

/// Records when the task of this number ran, on the clock that all processes of the machine share.
pub fn note(number: usize) {
    let now = clock_gettime(ClockId::Monotonic);
    MOMENTS[number % MARKS].store(now.tv_sec * 1_000_000_000 + now.tv_nsec, Relaxed);
}

/// The first moments in nanoseconds, one per line; zero for a task that did not run.
pub fn marks(count: usize) -> String {
    let mut marks = String::new();
    for moment in &MOMENTS[..count.min(MARKS)] {
        marks.push_str(&moment.load(Relaxed).to_string());
        marks.push('\n');
    }
    marks
}

/// Keeps a core busy for this long.
pub fn burn(milliseconds: u64) {
    let end = Instant::now() + Duration::from_millis(milliseconds);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}
