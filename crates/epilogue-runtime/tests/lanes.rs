//! A lane runs the batches of a connection, none of which waits for another.

mod support;

use std::{sync::Arc, time::Duration};

use epilogue_runtime::{Batch, Lane};
use support::{Log, list, runner, say};
use tokio::{
    sync::{Barrier, Notify},
    time::{sleep, timeout},
};

const LONG: Duration = Duration::from_hours(1);

#[tokio::test]
async fn one_batch_after_another() {
    let (runner, lane, log) = (runner(), Lane::new(), Log::default());
    for line in ["first", "second", "third"] {
        let tasks = list(&runner);
        tasks.add_task(say, (log.clone(), line));
        Batch::new(tasks).submit_on(&lane);
        runner.idle().await;
    }
    assert_eq!(log.lines(), ["first", "second", "third"]);
}

#[tokio::test]
async fn batches_one_after_another_have_one_task_of_the_runtime() {
    let (runner, lane, ids) = (runner(), Lane::new(), Log::default());
    for _ in 0..3 {
        let (tasks, inner) = (list(&runner), ids.clone());
        tasks.add_task(async move || inner.add(tokio::task::id().to_string()), ());
        Batch::new(tasks).submit_on(&lane);
        runner.idle().await;
    }
    let ids = ids.lines();
    assert_eq!(ids, [&*ids[0]; 3]);
}

#[tokio::test]
async fn a_batch_waits_for_no_other_of_its_lane() {
    let (runner, lane) = (runner(), Lane::new());
    for _ in 0..3 {
        // None of the three can end before all have begun.
        let all = Arc::new(Barrier::new(3));
        for _ in 0..3 {
            let (tasks, all) = (list(&runner), all.clone());
            tasks.add_task(
                async move || {
                    all.wait().await;
                },
                (),
            );
            Batch::new(tasks).submit_on(&lane);
        }
        timeout(Duration::from_secs(10), runner.idle()).await.expect("a batch waits for another");
    }
    assert_eq!(runner.stats().succeeded, 9);
}

#[tokio::test]
async fn a_lane_that_is_dropped_takes_no_batch_with_it() {
    for batches in 1..=3 {
        let (runner, lane, log) = (runner(), Lane::new(), Log::default());
        for _ in 1..batches {
            let tasks = list(&runner);
            tasks.add_task(say, (log.clone(), "done"));
            Batch::new(tasks).submit_on(&lane);
            runner.idle().await;
        }
        let (tasks, go) = (list(&runner), Arc::new(Notify::new()));
        tasks.add_task(
            {
                let go = go.clone();
                async move || go.notified().await
            },
            (),
        );
        tasks.add_task(say, (log.clone(), "done"));
        Batch::new(tasks).submit_on(&lane);
        drop(lane);
        go.notify_one();
        runner.idle().await;
        assert_eq!(log.count("done"), batches);
    }
}

fn alive_tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

async fn no_task_is_left() {
    let none = async {
        while alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), none).await.expect("a task is left in the runtime");
}

#[tokio::test]
async fn a_lane_keeps_one_task_of_the_runtime_until_it_is_dropped() {
    let (runner, lane) = (runner(), Lane::new());
    for _ in 0..3 {
        let tasks = list(&runner);
        tasks.add_task(async || (), ());
        Batch::new(tasks).submit_on(&lane);
        runner.idle().await;
        assert_eq!(alive_tasks(), 1);
    }
    drop(lane);
    no_task_is_left().await;
}

#[tokio::test]
async fn a_lane_that_is_dropped_during_a_batch_keeps_no_task_of_the_runtime_beyond_it() {
    for earlier in 0..2 {
        let (runner, lane, go) = (runner(), Lane::new(), Arc::new(Notify::new()));
        for _ in 0..earlier {
            let tasks = list(&runner);
            tasks.add_task(async || (), ());
            Batch::new(tasks).submit_on(&lane);
            runner.idle().await;
        }
        let (tasks, waits) = (list(&runner), go.clone());
        tasks.add_task(async move || waits.notified().await, ());
        Batch::new(tasks).submit_on(&lane);
        drop(lane);
        go.notify_one();
        runner.idle().await;
        no_task_is_left().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_cut_off_is_named_whoever_runs_it() {
    let (runner, lane) = (runner(), Lane::new());
    let first = list(&runner);
    first.add_task(async || (), ());
    Batch::new(first).submit_on(&lane);
    runner.idle().await;
    for name in ["by the lane", "beside it"] {
        let tasks = list(&runner);
        tasks.add_task(sleep, (LONG,)).name(name);
        Batch::new(tasks).submit_on(&lane);
    }
    let report = runner.drain(sleep(Duration::from_secs(1))).await;
    let mut names: Vec<_> = report.abandoned.iter().map(|task| &*task.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["beside it", "by the lane"]);
    assert!(report.stuck.is_empty());

    let after = list(&runner);
    after.add_task(async || (), ()).name("too late");
    Batch::new(after).submit_on(&lane);
    assert_eq!(runner.stats().abandoned, 3);
}

#[test]
fn a_lane_whose_runtime_is_gone_names_what_it_is_given() {
    let new = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (runtime, lane) = (new(), Lane::new());
    let runner = runtime.block_on(async {
        let runner = runner();
        let tasks = list(&runner);
        tasks.add_task(async || (), ());
        Batch::new(tasks).submit_on(&lane);
        runner.idle().await;
        runner
    });
    drop(runtime);
    let submit = |name: &'static str| {
        let tasks = list(&runner);
        tasks.add_task(async || (), ()).name(name);
        Batch::new(tasks).submit_on(&lane);
    };
    submit("nobody runs it");
    assert_eq!(runner.stats().abandoned, 1);
    // Now another runtime runs the lane, in another task.
    new().block_on(async {
        submit("somebody does");
        runner.idle().await;
    });
    assert_eq!(runner.stats().succeeded, 2);
}
