//! Limits hold, and what was accepted is not thrown away when one is reached.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use epilogue_runtime::{Backoff, Batch, Runner, TaskEvent, TaskLimits, TaskObserver, TaskOutcome};
use support::{How, Log, flaky, list, run, say, with_attempts};
use tokio::{runtime::Handle, sync::oneshot};

#[tokio::test]
async fn the_pending_count_is_exact() {
    let runner = Runner::new(TaskLimits::default().pending(3).retry_after(Duration::from_secs(7)));
    let tasks = list(&runner);
    for _ in 0..2 {
        tasks.add_task(async || (), ());
    }
    assert!(!runner.is_full());
    let other = list(&runner);
    other.add_task(async || (), ());
    assert!(runner.is_full());
    assert_eq!(runner.retry_after(), 7);
    tasks.add_task(async || (), ());
    assert_eq!(runner.stats().queued, 4, "what a request that was let in adds is taken");
    drop(other);
    assert!(runner.is_full());
    tasks.add_task(async || (), ());
    Batch::new(tasks).submit();
    runner.idle().await;
    assert!(!runner.is_full());
    assert_eq!((runner.stats().succeeded, runner.stats().discarded), (4, 1));
}

#[test]
fn a_request_that_adds_more_than_the_limit_is_let_in_alone() {
    let runner = Runner::new(TaskLimits::default().pending(3));
    let one = runner.reserve(1);
    assert!(one.is_some() && runner.reserve(usize::MAX).is_none());
    drop(one);
    let all = runner.reserve(usize::MAX);
    assert!(all.is_some() && runner.reserve(1).is_none());
    drop(all);
    assert!(runner.reserve(3).is_some());
    assert!(Runner::new(TaskLimits::default().pending(0)).reserve(1).is_none());
}

#[tokio::test(start_paused = true)]
async fn batches_above_the_limit_wait_their_turn() {
    let runner = Runner::new(TaskLimits::default().batches(2));
    let log = Log::default();
    let mut gates = Vec::new();
    for name in ["1", "2", "3", "4", "5"] {
        let tasks = list(&runner);
        let (release, released) = oneshot::channel::<()>();
        tasks.add_task(say, (log.clone(), name));
        tasks.add_task(async || released.await.unwrap(), ());
        Batch::new(tasks).submit();
        gates.push(release);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(log.lines(), ["1", "2"]);
    let stats = runner.stats();
    assert_eq!((stats.batches, stats.waiting_batches, stats.running, stats.queued), (2, 3, 2, 6));
    assert_eq!(stats.oldest, Some(Duration::from_secs(3)));
    let mut gates = gates.into_iter();
    for begun in [&["1", "2", "3"][..], &["1", "2", "3", "4"]] {
        gates.next().unwrap().send(()).unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(log.lines(), begun);
    }
    // Those that run now have waited since the beginning.
    assert_eq!(runner.stats().oldest, Some(Duration::from_secs(5)));
    gates.for_each(|release| release.send(()).unwrap());
    runner.idle().await;
    assert_eq!(log.lines(), ["1", "2", "3", "4", "5"]);
    assert_eq!((runner.stats().waiting_batches, runner.stats().oldest), (0, None));
}

#[tokio::test(start_paused = true)]
async fn tasks_that_wait_to_be_tried_again_hold_up_no_other_batch() {
    const MINUTE: Duration = Duration::from_mins(1);

    for at_a_time in [1, 2] {
        let runner = Runner::new(TaskLimits::default().batches(1));
        let attempts = with_attempts(&runner);
        let tasks = list(&runner);
        tasks.concurrent(at_a_time);
        let backoff = Backoff::new().first(MINUTE).longest(MINUTE);
        for name in ["mail", "other mail"] {
            tasks.add(flaky(name, 1, How::Error)).retries(1).backoff(backoff);
        }
        Batch::new(tasks).submit();
        let (release, released) = oneshot::channel::<()>();
        let tasks = list(&runner);
        let (begun, begins) = oneshot::channel::<()>();
        tasks.add_task(async || (begun.send(()), released.await).1.unwrap(), ());
        Batch::new(tasks).submit();
        begins.await.unwrap();
        let stats = runner.stats();
        assert_eq!((attempts.of("mail").len(), stats.batches, stats.waiting_batches), (1, 1, 1));

        // They are tried again only in a place of their own, but before batches that never had one.
        let seen = Log::default();
        let tasks = list(&runner);
        let log = seen.clone();
        tasks.add_task(async move || log.add(attempts.of("mail").len().to_string()), ());
        Batch::new(tasks).submit();
        tokio::time::sleep(3 * MINUTE).await;
        assert_eq!(runner.stats().waiting_batches, 2);
        release.send(()).unwrap();
        runner.idle().await;
        assert_eq!(seen.lines(), ["2"]);
        assert_eq!((runner.stats().succeeded, runner.stats().batches), (4, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_keeps_its_place_while_one_of_its_tasks_runs_beside_those_that_wait() {
    let runner = Runner::new(TaskLimits::default().batches(1));
    let attempts = with_attempts(&runner);
    let log = Log::default();
    let tasks = list(&runner);
    tasks.concurrent(2);
    tasks.add(flaky("mail", 1, How::Error)).retries(1).backoff(Backoff::new().first(Duration::from_mins(1)));
    let ends = log.clone();
    tasks.add_task(
        async move || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ends.add("slow ended");
        },
        (),
    );
    Batch::new(tasks).submit();
    let (tasks, begins) = (list(&runner), log.clone());
    let other = async move || begins.add(format!("other began after {} of mail", attempts.of("mail").len()));
    tasks.add_task(other, ());
    Batch::new(tasks).submit();
    runner.idle().await;
    assert_eq!(log.lines(), ["slow ended", "other began after 1 of mail"]);
    assert_eq!((runner.stats().succeeded, runner.stats().retried), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_back_in_its_place_keeps_others_waiting() {
    let runner = Runner::new(TaskLimits::default().batches(1));
    let _attempts = with_attempts(&runner);
    let log = Log::default();
    let tasks = list(&runner);
    let (release, released) = oneshot::channel::<()>();
    let (begun, begins) = oneshot::channel::<()>();
    tasks.add(flaky("mail", 1, How::Error)).retries(1);
    tasks.add_task(async || (begun.send(()), released.await).1.unwrap(), ());
    Batch::new(tasks).submit();
    let second = submit_first(&runner);
    submit_more(&runner, &log, 1);
    // The wait before the next attempt passes, and there is no place.
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!((runner.stats().batches, runner.stats().waiting_batches), (1, 2));
    second.send(()).unwrap();
    begins.await.unwrap();
    assert_eq!((runner.stats().batches, runner.stats().waiting_batches), (1, 1));
    assert!(log.lines().is_empty());
    release.send(()).unwrap();
    runner.idle().await;
    assert_eq!(log.lines(), ["at home"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_cut_off_while_it_waits_for_its_place_takes_none() {
    let runner = Runner::new(TaskLimits::default().batches(1));
    let _attempts = with_attempts(&runner);
    let backoff = Backoff::new().first(Duration::from_secs(1));
    for name in ["mail", "other mail"] {
        let tasks = list(&runner);
        tasks.add(flaky(name, 1, How::Error)).retries(1).backoff(backoff);
        Batch::new(tasks).submit();
    }
    let tasks = list(&runner);
    tasks.add_task(std::future::pending::<()>, ());
    Batch::new(tasks).submit();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let stats = runner.stats();
    assert_eq!((stats.batches, stats.waiting_batches, stats.retried), (1, 2, 2));
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!((report.abandoned.len(), report.stats.batches, report.stats.waiting_batches), (3, 0, 0));
    assert!(report.stuck.is_empty());
}

#[test]
fn a_batch_that_has_left_its_place_gets_it_from_a_runtime_that_ends() {
    let own = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let other = runtime();
    let runner = Runner::new(TaskLimits::default().batches(1));
    let _attempts = with_attempts(&runner);
    own.block_on(async {
        let tasks = list(&runner);
        tasks.add(flaky("mail", 1, How::Error)).retries(1);
        Batch::new(tasks).submit();
    });
    other.block_on(async {
        let tasks = list(&runner);
        tasks.add_task(std::future::pending::<()>, ());
        Batch::new(tasks).submit();
    });
    // It fails and leaves its place to the other one, then waits for a place.
    own.block_on(async { tokio::time::sleep(Duration::from_mins(1)).await });
    assert_eq!((runner.stats().batches, runner.stats().waiting_batches), (1, 1));
    drop(other);
    let idle = own.block_on(async { tokio::time::timeout(Duration::from_mins(1), runner.idle()).await });
    idle.expect("it is given no place");
    assert_eq!((runner.stats().succeeded, runner.stats().abandoned), (1, 1));
}

/// Occupies the only place on the blocking pool until it is released, with a task whose time is up.
async fn hang(runner: &Runner) -> mpsc::Sender<()> {
    let (release, hangs) = blocks();
    let tasks = list(runner);
    tasks.add_task(hangs, ()).timeout(Duration::ZERO);
    assert_eq!(run(tasks).await.failed[0].outcome, TaskOutcome::TimedOut);
    release
}

#[tokio::test]
async fn blocking_tasks_that_wait_for_their_place_hold_up_no_other_batch() {
    let runner = Runner::new(TaskLimits::default().batches(1).blocking(1));
    let (release, log) = (hang(&runner).await, Log::default());
    for _ in 0..3 {
        let tasks = list(&runner);
        for _ in 0..2 {
            let log = log.clone();
            tasks.add_task(move || log.add("blocking"), ());
        }
        Batch::new(tasks).submit();
    }
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "async"));
    let other = tokio::time::timeout(Duration::from_mins(1), run(tasks));
    assert_eq!(other.await.expect("it runs").succeeded, 1);
    assert_eq!((log.lines(), runner.stats().waiting_batches), (vec!["async".to_owned()], 3));

    let (end, running) = oneshot::channel::<()>();
    let tasks = list(&runner);
    let ends = log.clone();
    tasks.add_task(async move || (running.await.unwrap(), ends.add("async")).1, ());
    Batch::new(tasks).submit();
    while runner.stats().batches == 0 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    // Those that have waited need no place to run, so whoever has one can wait for them.
    while log.count("blocking") < 3 {
        tokio::task::yield_now().await;
    }
    end.send(()).unwrap();
    runner.idle().await;
    assert_eq!((log.count("blocking"), log.count("async")), (6, 2));
    assert_eq!((runner.stats().succeeded, runner.stats().batches), (8, 0));
}

#[tokio::test]
async fn a_blocking_task_that_has_ended_is_done_although_its_batch_waits_for_a_place() {
    let runner = Runner::new(TaskLimits::default().batches(1).blocking(1));
    let release = hang(&runner).await;
    let tasks = list(&runner);
    tasks.add_task(|| (), ());
    tasks.add_task(|| (), ());
    Batch::new(tasks).submit();
    let tasks = list(&runner);
    tasks.add_task(std::future::pending::<()>, ());
    Batch::new(tasks).submit();
    while runner.stats().batches == 0 || runner.stats().waiting_batches == 0 {
        tokio::task::yield_now().await;
    }
    let before = runner.stats().succeeded;
    release.send(()).unwrap();
    while runner.stats().succeeded == before {
        tokio::task::yield_now().await;
    }
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!((report.abandoned.len(), report.stats.succeeded - before), (2, 1), "{report:?}");
}

#[tokio::test]
async fn a_blocking_task_that_is_cut_off_while_it_waits_for_its_place_takes_none() {
    let runner = Runner::new(TaskLimits::default().batches(1).blocking(1));
    let release = hang(&runner).await;
    let tasks = list(&runner);
    tasks.add_task(|| (), ());
    Batch::new(tasks).submit();
    while runner.stats().batches == 1 {
        tokio::task::yield_now().await;
    }
    let report = runner.drain(std::future::ready(())).await;
    release.send(()).unwrap();
    assert_eq!((report.abandoned.len(), report.blocking, report.stuck.len()), (1, 1, 0));
    assert_eq!((report.stats.batches, report.stats.waiting_batches), (0, 0));
    runner.idle().await;
}

#[tokio::test]
async fn what_follows_a_batch_without_tasks_counts_among_the_pending_too() {
    let runner = Runner::new(TaskLimits::default().pending(2));
    let (release, released) = tokio::sync::watch::channel(false);
    for _ in 0..2 {
        assert!(!runner.is_full());
        let mut released = released.clone();
        let exits = async move |_| drop(released.wait_for(|released| *released).await);
        Batch::new(list(&runner)).with_place().finally(exits).submit();
    }
    assert!(runner.is_full() && runner.reserve(1).is_none());
    release.send(true).unwrap();
    runner.idle().await;
    assert!(!runner.is_full());
}

#[tokio::test(start_paused = true)]
async fn nothing_at_once_is_one_at_a_time() {
    let (runner, log) = (Runner::new(TaskLimits::default().batches(0).blocking(0)), Log::default());
    assert_eq!((runner.limits().batches, runner.limits().blocking), (1, 1));
    for _ in 0..2 {
        let tasks = list(&runner);
        tasks.add_task(say, (log.clone(), "ran"));
        Batch::new(tasks).submit();
    }
    tokio::time::timeout(Duration::from_secs(1), runner.idle()).await.expect("both run");
    assert_eq!(log.count("ran"), 2);
}

#[tokio::test]
async fn blocking_tasks_never_run_more_than_the_limit_at_once() {
    let runner = Runner::new(TaskLimits::default().blocking(2));
    let (started, started_of) = mpsc::channel();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut gates = Vec::new();
    for _ in 0..6 {
        let tasks = list(&runner);
        let (started, now, most) = (started.clone(), now.clone(), most.clone());
        let (release, released) = mpsc::channel::<()>();
        gates.push(release);
        let body = move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            started.send(()).unwrap();
            released.recv().unwrap();
            now.fetch_sub(1, Ordering::SeqCst);
        };
        tasks.add_task(body, ()).timeout(Duration::from_mins(1));
        Batch::new(tasks).submit();
    }
    // Two must have begun before the first may end; otherwise one at a time would pass the test.
    for (starts, release) in [2, 1, 1, 1, 1, 0].into_iter().zip(gates) {
        for _ in 0..starts {
            // Yields, since the batches run on this test's only thread.
            while started_of.try_recv().is_err() {
                tokio::task::yield_now().await;
            }
        }
        release.send(()).unwrap();
    }
    runner.idle().await;
    assert_eq!((runner.stats().succeeded, most.load(Ordering::SeqCst)), (6, 2));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Submits a batch that runs until it is released.
fn submit_first(runner: &Runner) -> oneshot::Sender<()> {
    let (release, released) = oneshot::channel::<()>();
    let tasks = list(runner);
    tasks.add_task(async || drop(released.await), ());
    Batch::new(tasks).submit();
    release
}

/// Submits batches that have to wait.
fn submit_more(runner: &Runner, log: &Log, count: usize) {
    for _ in 0..count {
        let tasks = list(runner);
        let (log, home) = (log.clone(), Handle::current().id());
        tasks.add_task(
            async move || log.add(if Handle::current().id() == home { "at home" } else { "elsewhere" }),
            (),
        );
        Batch::new(tasks).submit();
    }
}

#[test]
fn a_batch_that_has_waited_runs_where_it_was_submitted() {
    let (runner, log) = (Runner::new(TaskLimits::default().batches(1)), Log::default());
    let (own, other) = (runtime(), runtime());
    let release = other.block_on(async { submit_first(&runner) });
    own.block_on(async { submit_more(&runner, &log, 3) });
    release.send(()).unwrap();
    other.block_on(async {
        while runner.stats().succeeded == 0 {
            tokio::task::yield_now().await;
        }
    });
    drop(other);
    own.block_on(runner.idle());
    assert_eq!((log.count("at home"), runner.stats().abandoned), (3, 0));
}

#[test]
fn the_end_of_a_runtime_takes_none_of_another_ones_batches_with_it() {
    let (runner, log) = (Runner::new(TaskLimits::default().batches(1)), Log::default());
    let (own, other) = (runtime(), runtime());
    let _release = other.block_on(async { submit_first(&runner) });
    own.block_on(async { submit_more(&runner, &log, 3) });
    // So many that the stack would overflow if each batch started the next within its own end.
    other.block_on(async { submit_more(&runner, &log, 20_000) });
    own.block_on(async { submit_more(&runner, &log, 3) });
    drop(other);
    own.block_on(runner.idle());
    assert_eq!((log.count("at home"), runner.stats().abandoned), (6, 20_001));
}

/// Counts the tasks that have begun.
#[derive(Default)]
struct Started(AtomicUsize);

impl TaskObserver for Started {
    fn started(&self, task: &TaskEvent<'_>) {
        assert_eq!(task.attempt, 1);
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task that blocks until it is released.
fn blocks() -> (mpsc::Sender<()>, impl FnOnce() + Send + 'static) {
    let (release, released) = mpsc::channel();
    (release, move || released.recv().unwrap())
}

#[tokio::test]
async fn a_blocking_task_that_waits_for_its_place_has_not_begun() {
    let started = Arc::new(Started::default());
    let runner = Runner::with_observers(TaskLimits::default().blocking(1), vec![started.clone()]);
    let (release, first) = blocks();
    for task in [Box::new(first) as Box<dyn FnOnce() + Send>, Box::new(|| ())] {
        let tasks = list(&runner);
        tasks.add_task(task, ());
        Batch::new(tasks).submit();
    }
    while started.0.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    // By now the second batch has been polled, since it was submitted on this thread.
    let stats = runner.stats();
    assert_eq!((stats.running, stats.queued, stats.batches, stats.waiting_batches), (1, 1, 1, 1));
    let report = runner.drain(std::future::ready(())).await;
    release.send(()).unwrap();
    let mut attempts: Vec<_> = report.abandoned.iter().map(|task| task.attempts).collect();
    attempts.sort_unstable();
    assert_eq!((attempts, report.blocking), (vec![0, 1], 1));
    assert_eq!(started.0.load(Ordering::Relaxed), 1);
}

#[test]
fn the_time_of_a_blocking_task_begins_when_it_is_called() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (release, other) = blocks();
        let other = tokio::task::spawn_blocking(other);
        let (runner, log) = (Runner::new(TaskLimits::default()), Log::default());
        let (tasks, inner) = (list(&runner), log.clone());
        tasks.add_task(move || inner.add("called"), ()).timeout(Duration::from_secs(1));
        Batch::new(tasks).submit();
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_mins(1)).await;
        release.send(()).unwrap();
        other.await.unwrap();
        runner.idle().await;
        assert_eq!((log.lines(), runner.stats().succeeded), (vec!["called".to_owned()], 1));
    });
}
