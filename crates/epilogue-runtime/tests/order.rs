//! Tasks run once, in the order in which they were added, and not before their batch is submitted.

// The tasks here take their arguments by value, as users' tasks do.
#![allow(clippy::needless_pass_by_value)]

mod support;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use epilogue_runtime::{Background, BackgroundTasks, Batch, Origin, Runner};
use support::{Log, list, run, runner, say};
use tokio::{
    sync::{Notify, oneshot},
    task::yield_now,
    time::timeout,
};

fn say_now(log: Log, line: &'static str) {
    log.add(line);
}

#[tokio::test]
async fn tasks_that_run_at_the_same_time_start_in_the_order_added() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.concurrent(2);
    let names = ["0", "1", "2", "3", "4", "5", "6", "7"];
    for name in names {
        tasks.add_task(say, (log.clone(), name));
    }
    run(tasks).await;
    assert_eq!(log.lines(), names);
}

#[tokio::test]
async fn functions_and_closures_of_both_kinds_run_in_the_order_added() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "async fn"));
    tasks.add_task(say_now, (log.clone(), "fn"));
    let inner = log.clone();
    tasks.add_task(async move || inner.add("async closure"), ());
    let inner = log.clone();
    tasks.add_task(move |line: &'static str| inner.add(line), ("closure",));
    let inner = log.clone();
    tasks.add_task(
        move |line: String| async move {
            inner.add(line);
            Ok::<(), std::io::Error>(())
        },
        ("closure that returns a future".to_owned(),),
    );
    let pointer: fn(Log, &'static str) = say_now;
    tasks.add_task(pointer, (log.clone(), "fn pointer"));

    let report = run(tasks).await;
    assert_eq!((report.succeeded, report.failed.len()), (6, 0));
    let expected =
        ["async fn", "fn", "async closure", "closure", "closure that returns a future", "fn pointer"];
    assert_eq!(log.lines(), expected);
}

#[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
async fn twelve(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, log: Log) {
    log.add(format!("{:?}", [a, b, c, d, e, f, g, h, i, j, k]));
}

#[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
fn twelve_now(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, log: Log) {
    log.add(format!("{:?}", [a, b, c, d, e, f, g, h, i, j, k]));
}

#[tokio::test]
async fn twelve_arguments_arrive_in_their_places() {
    let (tasks, log) = (BackgroundTasks::new(), Log::default());
    tasks.add_task(twelve, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, log.clone()));
    tasks.add_task(twelve_now, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, log.clone()));
    tasks.run_all().await;
    assert_eq!(log.lines(), ["[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"; 2]);
}

#[tokio::test]
async fn a_function_is_called_when_its_task_runs_and_not_when_it_is_queued() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    let inner = log.clone();
    // The part of the body before the future would give away a call that comes too early.
    let function = move || {
        inner.add("called");
        let inner = inner.clone();
        async move { inner.add("awaited") }
    };
    tasks.add_task(function, ());
    tasks.add_task(say_now, (log.clone(), "blocking"));
    tokio::task::yield_now().await;
    assert!(log.lines().is_empty());
    run(tasks).await;
    assert_eq!(log.lines(), ["called", "awaited", "blocking"]);
}

#[tokio::test]
async fn what_a_running_task_adds_runs_at_the_end() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    let (inner, inner_log) = (tasks.clone(), log.clone());
    tasks.add_task(
        async move || {
            inner_log.add("first");
            inner.add_task(say, (inner_log.clone(), "late"));
        },
        (),
    );
    tasks.add_task(say, (log.clone(), "second"));
    let report = run(tasks).await;
    assert_eq!(report.succeeded, 3);
    assert_eq!(log.lines(), ["first", "second", "late"]);
}

#[tokio::test]
async fn what_is_added_after_the_batch_is_done_runs_too() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "in time"));
    run(tasks.clone()).await;
    runner.idle().await;
    tasks.add_task(say, (log.clone(), "late"));
    runner.idle().await;
    tasks.add_task(say, (log.clone(), "later"));
    runner.idle().await;
    assert_eq!(log.lines(), ["in time", "late", "later"]);
    assert_eq!(runner.stats().succeeded, 3);
}

#[tokio::test]
async fn an_empty_list_is_done_at_once_and_takes_late_tasks() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    Batch::new(tasks.clone()).submit();
    assert_eq!(runner.stats().batches, 0);
    tasks.add_task(say, (log.clone(), "late"));
    runner.idle().await;
    assert_eq!(log.lines(), ["late"]);
}

#[tokio::test]
async fn what_follows_runs_after_the_tasks_and_may_add_some() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "task"));
    let (late, first, second) = (tasks.clone(), log.clone(), log.clone());
    let batch = Batch::new(tasks)
        .finally(move |report| async move {
            first.add(format!("exit after {}", report.succeeded));
            late.add_task(say, (first.clone(), "from the exit"));
            for _ in 0..10 {
                yield_now().await;
            }
            first.add("exit ended");
        })
        .finally(|_| async move { second.add("second exit") });
    batch.submit();
    runner.idle().await;
    assert_eq!(log.lines(), ["task", "exit after 1", "exit ended", "from the exit", "second exit"]);

    let only = log.clone();
    Batch::new(runner.tasks(Origin::new(9, "GET /")))
        .finally(|_| async move { only.add("exits only") })
        .submit();
    runner.idle().await;
    assert_eq!(log.count("exits only"), 1);
}

#[tokio::test]
async fn a_reply_brings_its_tasks_once() {
    let (tasks, log) = (BackgroundTasks::new(), Log::default());
    tasks.add_task(say, (log.clone(), "first"));
    let background =
        Background::task(say, (log.clone(), "reply's first")).and(say_now, (log.clone(), "reply's second"));
    let clone = background.clone();
    assert_eq!((background.len(), tasks.append(background), tasks.append(clone)), (2, 2, 0));
    tasks.run_all().await;
    assert_eq!(log.lines(), ["first", "reply's first", "reply's second"]);
}

#[tokio::test]
async fn options_and_places_are_seen_while_it_is_queued() {
    let tasks = BackgroundTasks::new();
    let line = line!() + 1;
    tasks.add_task(say_now, (Log::default(), "")).timeout(Duration::from_secs(3)).always();
    let added = tasks.add_task(say_now, (Log::default(), ""));
    assert_eq!(tasks.len(), 1, "a task enters the list at the end of its statement");
    drop(added.name("second"));
    let queued = tasks.pending();
    assert_eq!(queued[0].name, "order::say_now");
    assert_eq!((queued[0].source.file, queued[0].source.line), (file!(), line));
    assert_eq!((queued[0].timeout, queued[0].always), (Some(Duration::from_secs(3)), true));
    assert_eq!(queued[1].name, "second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_run_their_own_tasks_once_and_in_order() {
    let runner = runner();
    let logs: Vec<Log> = (0..1000).map(|_| Log::default()).collect();
    for log in &logs {
        let tasks = list(&runner);
        for line in ["a", "b", "c"] {
            tasks.add_task(say, (log.clone(), line));
        }
        Batch::new(tasks).submit();
    }
    runner.idle().await;
    assert!(logs.iter().all(|log| log.lines() == ["a", "b", "c"]));
    assert_eq!(runner.stats().succeeded, 3000);
    assert_eq!(runner.stats().accepted(), 3000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_while_the_batch_ends_loses_nothing() {
    let runner = runner();
    let ran = Arc::new(AtomicUsize::new(0));
    for _ in 0..300 {
        let tasks = list(&runner);
        let count = || {
            let ran = ran.clone();
            async move || _ = ran.fetch_add(1, Ordering::Relaxed)
        };
        tasks.add_task(count(), ());
        let (late, adds) = (tasks.clone(), (0..20).map(|_| count()).collect::<Vec<_>>());
        let adder = tokio::spawn(async move {
            for add in adds {
                late.add_task(add, ());
                tokio::task::yield_now().await;
            }
        });
        Batch::new(tasks).submit();
        adder.await.unwrap();
    }
    runner.idle().await;
    assert_eq!(ran.load(Ordering::Relaxed), 300 * 21);
    assert_eq!(runner.stats().succeeded, 300 * 21);
    assert_eq!((runner.stats().queued, runner.stats().running), (0, 0));
}

#[tokio::test]
async fn concurrent_tasks_start_in_order_and_never_more_than_n_at_once() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.concurrent(3);
    let (started, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    for i in 0..10 {
        let (started, go, log) = (started.clone(), go.clone(), log.clone());
        tasks.add_task(
            async move || {
                started.fetch_add(1, Ordering::SeqCst);
                log.add(i.to_string());
                go.notified().await;
            },
            (),
        );
    }
    Batch::new(tasks).submit();
    for released in 0..10 {
        while started.load(Ordering::SeqCst) < (released + 3).min(10) {
            tokio::task::yield_now().await;
        }
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(started.load(Ordering::SeqCst), (released + 3).min(10));
        assert_eq!(runner.stats().running, 3.min(10 - released as u64));
        go.notify_one();
    }
    runner.idle().await;
    assert_eq!(log.lines(), (0..10).map(|i| i.to_string()).collect::<Vec<_>>());
    assert_eq!(runner.stats().succeeded, 10);
}

#[tokio::test]
async fn a_batch_that_waits_keeps_no_other_batch() {
    let (runner, log) = (runner(), Log::default());
    let (release, released) = oneshot::channel::<()>();
    let slow = list(&runner);
    slow.add_task(async || released.await.unwrap(), ());
    Batch::new(slow).submit();
    let quick = list(&runner);
    quick.add_task(say, (log.clone(), "quick"));
    run(quick).await;
    assert_eq!(log.lines(), ["quick"]);
    assert_eq!(runner.stats().running, 1);
    release.send(()).unwrap();
    runner.idle().await;
}

#[test]
fn tasks_added_outside_of_a_runtime_run_where_the_runner_was_made() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (runner, log) = (runtime.block_on(async { runner() }), Log::default());
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "ran"));
    Batch::new(tasks).submit();
    runtime.block_on(runner.idle());
    assert_eq!(log.lines(), ["ran"]);
}

#[tokio::test]
async fn turns_order_what_is_added_until_they_end() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    let (one, two) = (tasks.in_turn(1), tasks.in_turn(2));
    two.add_task(say, (log.clone(), "3"));
    one.add_task(say, (log.clone(), "2"));
    tasks.add_task(say, (log.clone(), "1"));
    two.add_task(say, (log.clone(), "4"));
    assert_eq!(tasks.len(), 4);
    tasks.end_turns(2);
    two.add_task(say, (log.clone(), "5"));
    one.add_task(say, (log.clone(), "6"));
    tasks.add_task(say, (log.clone(), "7"));
    run(tasks).await;
    assert_eq!(log.lines(), ["1", "2", "3", "4", "5", "6", "7"]);
}

/// So many that it would take minutes to move all tasks of later turns for each task of an earlier one.
#[tokio::test]
async fn many_tasks_in_turns_are_added_in_no_time() {
    const COUNT: usize = 200_000;
    let runner = runner();
    let tasks = list(&runner);
    for turn in (1..=2).rev() {
        let tasks = tasks.in_turn(turn);
        for _ in 0..COUNT {
            tasks.add_task(async || (), ()).name(turn.to_string());
        }
    }
    let pending = tasks.pending();
    let first = pending.iter().position(|task| task.name == "2");
    assert_eq!((first, pending.len()), (Some(COUNT), 2 * COUNT));
}

/// The list still belongs to the request, or to its batch: tasks added then wait as if it had not been run by hand.
#[tokio::test]
async fn a_list_that_was_run_by_hand_and_given_up_starts_nothing_before_its_time() {
    let give_up = async |tasks: &BackgroundTasks| {
        tasks.add_task(std::future::pending::<()>, ());
        assert!(timeout(Duration::ZERO, tasks.run_all()).await.is_err());
    };

    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    give_up(&tasks).await;
    tasks.add_task(say, (log.clone(), "after the reply"));
    yield_now().await;
    assert_eq!((runner.stats().queued, runner.stats().abandoned), (1, 1));
    log.add("reply");
    run(tasks).await;
    assert_eq!(log.lines(), ["reply", "after the reply"]);

    let (tasks, log) = (list(&runner), Log::default());
    let (inner, inner_log) = (tasks.clone(), log.clone());
    let task = async move || {
        give_up(&inner).await;
        inner.add_task(say, (inner_log.clone(), "second"));
        yield_now().await;
        inner_log.add("first");
    };
    tasks.add_task(task, ());
    run(tasks).await;
    assert_eq!(log.lines(), ["first", "second"]);
}

/// Runs a list of that many tasks, and returns how many of them ran at most between two polls of another task.
async fn most_in_a_turn(runner: &Runner, tasks: BackgroundTasks, count: u64) -> u64 {
    Batch::new(tasks).submit();
    let (mut ran, mut most) = (0, 0);
    while ran < count {
        yield_now().await;
        let now = runner.stats().ran();
        most = most.max(now - ran);
        ran = now;
    }
    most
}

#[tokio::test]
async fn tasks_that_never_wait_let_others_have_their_turn() {
    fn chain(tasks: BackgroundTasks, left: u32) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if left > 0 {
                tasks.add_task(chain, (tasks.clone(), left - 1));
            }
        })
    }

    // Tasks each of which adds the next.
    let runner = runner();
    let tasks = list(&runner);
    tasks.add_task(chain, (tasks.clone(), 9_999));
    assert!(most_in_a_turn(&runner, tasks, 10_000).await < 1000);

    let runner = support::runner();
    let tasks = list(&runner);
    for _ in 0..10_000 {
        // Without the panic hook, which would print ten thousand messages.
        tasks.add_task(async || -> () { std::panic::resume_unwind(Box::new("on purpose")) }, ());
    }
    assert!(most_in_a_turn(&runner, tasks, 10_000).await < 1000);
}

#[tokio::test]
async fn all_that_goes_before_the_tasks_goes_before_them() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "task"));
    let last = say(log.clone(), "last");
    let batch = Batch::new(tasks).first(say(log.clone(), "first")).first(say(log.clone(), "second"));
    batch.finally(|_| last).submit();
    runner.idle().await;
    assert_eq!(log.lines(), ["first", "second", "task", "last"]);
}
