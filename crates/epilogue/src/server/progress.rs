//! What a shutdown still waits for, told once a second: as one line on a terminal, as logs elsewhere.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::tasks::Runner;

/// What a shutdown still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    tasks: u64,
    /// Connections with a request in flight, HTTP/2 requests in flight, requests that another server has, requests whose client has left,
    /// and open WebSockets.
    requests: u64,
}

impl Left {
    pub(crate) fn of(runner: &Runner, connections: usize) -> Self {
        let stats = runner.stats();
        // Behind layers, a request of our own server is in flight for the runner too.
        let requests = connections.max(runner.in_flight()) as u64 + stats.kept + stats.open;
        Self { tasks: stats.queued + stats.running, requests }
    }

    fn line(self, rest: Duration) -> String {
        format!("draining: {} tasks, {} requests, {} s left", self.tasks, self.requests, rest.as_secs())
    }
}

/// Awaits a shutdown, and tells once a second what is left.
pub(crate) async fn shown_beside<T>(
    drained: impl Future<Output = T>,
    grace: Duration,
    left: impl Fn() -> Left,
) -> T {
    let mut terminal = Terminal { is_one: std::io::stderr().is_terminal(), dirty: false };
    let telling = async {
        let begun = Instant::now();
        let mut seconds = interval_at(begun + Duration::from_secs(1), Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            let (left, rest) = (left(), rounded(grace.saturating_sub(begun.elapsed())));
            if terminal.is_one {
                terminal.show(&left.line(rest));
            } else {
                tracing::info!(tasks = left.tasks, requests = left.requests, ?rest, "draining");
            }
        }
    };
    tokio::select! {
        biased;
        done = drained => done,
        never = telling => never,
    }
}

/// To whole seconds, so that a second after a start at 30 s there are 29 s left, however late the timer was.
fn rounded(rest: Duration) -> Duration {
    Duration::from_secs((rest + Duration::from_millis(500)).as_secs())
}

/// Standard error, where each line is written over the one before.
struct Terminal {
    is_one: bool,
    dirty: bool,
}

impl Terminal {
    fn show(&mut self, line: &str) {
        self.dirty = true;
        // If the terminal is gone, the shutdown must go on all the same.
        drop(write!(std::io::stderr(), "\r\x1b[2K{line}"));
    }
}

/// Ends the line, so that what is written next begins on its own.
impl Drop for Terminal {
    fn drop(&mut self) {
        if self.dirty {
            drop(writeln!(std::io::stderr()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_left() {
        let left = Left { tasks: 212, requests: 3 };
        assert_eq!(
            left.line(rounded(Duration::from_millis(23_990))),
            "draining: 212 tasks, 3 requests, 24 s left"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_told_once_a_second_until_the_end() {
        let told = std::cell::Cell::new(0);
        let drained = tokio::time::sleep(Duration::from_millis(3_500));
        shown_beside(drained, Duration::from_secs(30), || {
            told.set(told.get() + 1);
            Left { tasks: 1, requests: 0 }
        })
        .await;
        assert_eq!(told.get(), 3);
    }
}
