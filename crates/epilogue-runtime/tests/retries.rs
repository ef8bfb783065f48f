//! `#[task]`s are tried again, after a longer wait each time.

mod support;

use std::time::Duration;

use epilogue_runtime::{Backoff, Batch, TaskOutcome};
use support::{How, flaky, list, run, runner, with_attempts};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_error_is_tried_again_with_growing_waits() {
    let runner = runner();
    let attempts = with_attempts(&runner);
    let tasks = list(&runner);
    let backoff = Backoff::new().first(SECOND).factor(2.0).longest(4 * SECOND);
    tasks.add(flaky("mail", 4, How::Error)).retries(4).backoff(backoff);
    let report = run(tasks).await;
    assert_eq!((report.succeeded, runner.stats().succeeded, runner.stats().retried), (1, 1, 4));

    let at = attempts.of("mail");
    let waits: Vec<_> = at.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    // Each wait is between its base and twice that; the timer rounds up to milliseconds.
    for (wait, base) in waits.iter().zip([1, 2, 4, 4]) {
        assert!((base * SECOND..=2 * base * SECOND + Duration::from_millis(2)).contains(wait), "{waits:?}");
    }
    assert!(waits.iter().any(|wait| wait.subsec_nanos() != 0), "no jitter: {waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_keeps_failing_is_given_up_and_counted_once() {
    let runner = runner();
    let attempts = with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add(flaky("mail", u32::MAX, How::BlockingError)).retries(2).name("blocking mail");
    let report = run(tasks).await;
    assert_eq!(attempts.of("mail").len(), 3);
    let failed = &report.failed[0];
    assert_eq!((&*failed.name, failed.outcome, failed.attempts), ("blocking mail", TaskOutcome::Failed, 3));
    assert_eq!((runner.stats().failed, runner.stats().retried, runner.stats().accepted()), (1, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_tried_again_only_when_asked() {
    let runner = runner();
    let attempts = with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add(flaky("once", 1, How::Panic)).retries(3);
    tasks.add(flaky("again", 1, How::Panic)).retries(3).retry_on_panic();
    let report = run(tasks).await;
    assert_eq!((attempts.of("once").len(), attempts.of("again").len()), (1, 2));
    assert_eq!((report.succeeded, report.failed[0].outcome), (1, TaskOutcome::Panicked));
}

#[tokio::test(start_paused = true)]
async fn a_task_out_of_time_is_not_tried_again() {
    let runner = runner();
    let attempts = with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add(flaky("hangs", 1, How::Hang)).retries(3).timeout(SECOND);
    let report = run(tasks).await;
    assert_eq!((attempts.of("hangs").len(), report.failed[0].outcome), (1, TaskOutcome::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_cannot_begin_is_not_tried_again() {
    let runner = runner();
    let attempts = with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add(flaky("mail", u32::MAX, How::CannotBegin)).retries(3).retry_on_panic();
    let report = run(tasks).await;
    assert_eq!(attempts.of("mail").len(), 1);
    let failed = &report.failed[0];
    assert_eq!((failed.outcome, failed.attempts, &*failed.message), (TaskOutcome::Failed, 1, "no mailbox"));
    assert_eq!((runner.stats().failed, runner.stats().retried), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_attempt_after_the_deadline_of_a_drain() {
    let runner = runner();
    let attempts = with_attempts(&runner);
    let tasks = list(&runner);
    tasks
        .add(flaky("mail", u32::MAX, How::Error))
        .retries(u32::MAX)
        .backoff(Backoff::new().first(10 * SECOND));
    Batch::new(tasks).submit();
    let report = runner.drain(tokio::time::sleep(5 * SECOND)).await;
    tokio::time::sleep(1000 * SECOND).await;
    assert_eq!(attempts.of("mail").len(), 1);
    let lost = &report.abandoned[0];
    assert_eq!((&*lost.name, lost.attempts, lost.age.as_secs()), ("flaky", 1, 5));
    assert_eq!((report.stats.abandoned, report.stats.failed), (1, 0));
}
