//! What holds where many threads race.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use epilogue_runtime::{Batch, Lane, Origin, Runner, TaskLimits};
use futures_util::FutureExt;
use tokio::{sync::Barrier, task::JoinSet};

#[test]
fn threads_that_race_for_places_never_have_more_than_there_are() {
    const LIMIT: usize = 10;
    let runner = Runner::new(TaskLimits::default().pending(LIMIT));
    let held = AtomicUsize::new(0);
    let let_in = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..8 {
            let (runner, held, let_in) = (&runner, &held, &let_in);
            scope.spawn(move || {
                for round in 0..5_000 {
                    let tasks = 1 + (number + round) % 3;
                    let Some(places) = runner.reserve(tasks) else {
                        thread::yield_now();
                        continue;
                    };
                    let all = held.fetch_add(tasks, SeqCst) + tasks;
                    assert!(all <= LIMIT, "{all} places are held");
                    let_in.fetch_add(1, SeqCst);
                    held.fetch_sub(tasks, SeqCst);
                    drop(places);
                }
            });
        }
    });
    assert!(let_in.into_inner() > 0);
    assert!(!runner.is_full());
    assert!(runner.reserve(LIMIT).is_some(), "all places are free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn threads_that_race_for_batches_never_run_more_than_may_run() {
    const LIMIT: usize = 3;
    let runner = Runner::new(TaskLimits::default().batches(LIMIT));
    let running = Arc::new(AtomicUsize::new(0));
    let mut submitting = JoinSet::new();
    for number in 0..6_u64 {
        let (runner, running) = (runner.clone(), Arc::clone(&running));
        submitting.spawn(async move {
            for round in 0..300 {
                let tasks = runner.tasks(Origin::new(number * 1_000 + round, "GET /"));
                let running = Arc::clone(&running);
                let work = async move || {
                    let all = running.fetch_add(1, SeqCst) + 1;
                    tokio::task::yield_now().await;
                    running.fetch_sub(1, SeqCst);
                    if all > LIMIT { Err(format!("{all} batches run")) } else { Ok(()) }
                };
                tasks.add_task(work, ());
                Batch::new(tasks).submit();
                if round % 7 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    submitting.join_all().await;
    runner.idle().await;
    let stats = runner.stats();
    assert_eq!((stats.succeeded, stats.failed, stats.accepted()), (1_800, 0, 1_800));
    assert_eq!((stats.batches, stats.waiting_batches), (0, 0));
}

/// A deadline comes while all threads submit: each batch has run, or is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn threads_that_race_with_a_deadline_lose_nothing() {
    for round in 0..40_u64 {
        let runner = Runner::new(TaskLimits::default().batches(2));
        let (lanes, started) = (Arc::new([Lane::new(), Lane::new()]), Arc::new(Barrier::new(5)));
        let mut submitting = JoinSet::new();
        for number in 0..4 {
            let (runner, lanes, started) = (runner.clone(), Arc::clone(&lanes), Arc::clone(&started));
            submitting.spawn(async move {
                started.wait().await;
                for request in 0..50 {
                    let tasks = runner.tasks(Origin::new(number * 50 + request, "GET /"));
                    tasks.add_task(tokio::task::yield_now, ());
                    match lanes.get((number % 3) as usize) {
                        Some(lane) => Batch::new(tasks).submit_on(lane),
                        None => Batch::new(tasks).submit(),
                    }
                    tokio::task::yield_now().await;
                }
            });
        }
        started.wait().await;
        let deadline = async {
            for _ in 0..round * 3 {
                tokio::task::yield_now().await;
            }
        };
        let report = runner.drain(deadline).await;
        submitting.join_all().await;
        // Those that were submitted after the deadline are named at once.
        let late = runner.drain(std::future::ready(())).await;
        let stats = late.stats;
        assert_eq!(stats.succeeded + stats.abandoned, 200, "{report}, then {late}");
        assert_eq!((report.abandoned.len() + late.abandoned.len()) as u64, stats.abandoned);
        assert!(report.stuck.is_empty() && late.stuck.is_empty(), "{report}, then {late}");
    }
}

#[test]
fn a_runner_is_not_idle_while_what_it_has_is_handed_from_one_to_the_next() {
    let runner = Runner::new(TaskLimits::default());
    let ends = AtomicBool::new(false);
    let mut request = runner.request();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ends.load(SeqCst) {
                let call = runner.blocking_call();
                drop(request);
                request = runner.request();
                drop(call);
            }
        });
        let idle = (0..200_000).position(|_| runner.idle().now_or_never().is_some());
        ends.store(true, SeqCst);
        assert_eq!(idle, None, "a call or a request was there all the time");
    });
}
