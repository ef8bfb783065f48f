//! At the end of a drain, everything has run or is named as lost.

mod support;

use std::{collections::HashSet, sync::mpsc, time::Duration};

use epilogue_runtime::{Batch, Leftover, Origin, Runner, TaskLimits, TaskOutcome};
use support::{Log, list, run, runner, say};
use tokio::{sync::oneshot, time::sleep};

const SECOND: Duration = Duration::from_secs(1);

async fn work(time: Duration) {
    sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn all_queued_tasks_are_run() {
    let runner = Runner::new(TaskLimits::default().batches(50));
    let log = Log::default();
    for _ in 0..500 {
        let tasks = list(&runner);
        for _ in 0..10 {
            tasks.add_task(work, (Duration::from_millis(1),));
        }
        let log = log.clone();
        Batch::new(tasks).finally(|_| async move { log.add("exit") }).submit();
    }
    let report = runner.drain(sleep(3600 * SECOND)).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.stats.succeeded, log.lines().len()), (5000, 500));
}

#[tokio::test(start_paused = true)]
async fn what_ran_and_what_is_named_is_what_was_accepted() {
    let runner = Runner::new(TaskLimits::default().batches(50));
    let log = Log::default();
    for batch in 0..500_u32 {
        let tasks = runner.tasks(Origin::new(batch.into(), "POST /"));
        tasks.concurrent(1 + batch as usize % 3);
        for task in 0..10 {
            tasks.add_task(work, (Duration::from_millis(10),)).name(format!("{batch}/{task}"));
        }
        let log = log.clone();
        let batch = Batch::new(tasks).finally(move |report| async move {
            let lost = report.failed.iter().filter(|task| task.outcome == TaskOutcome::Abandoned).count();
            assert_eq!(report.succeeded + lost, 10);
            log.add("exit");
        });
        batch.submit();
    }
    let report = runner.drain(sleep(Duration::from_millis(355))).await;
    let names: HashSet<_> = report.abandoned.iter().map(|task| task.name.clone()).collect();
    assert_eq!(names.len(), report.abandoned.len(), "each is named once");
    assert!(report.stats.succeeded > 0 && !report.abandoned.is_empty());
    assert_eq!(report.stats.succeeded + names.len() as u64, 5000);
    assert_eq!(report.stats.abandoned, names.len() as u64);
    assert_eq!((report.stats.queued, report.stats.running, report.stats.batches), (0, 0, 0));
    assert_eq!(log.count("exit"), 500, "exits run also where tasks were cut off");
    assert!(report.requests.is_empty() && report.stuck.is_empty());
    // The report tells those that had begun from those that had not.
    assert!(report.abandoned.iter().any(|task| task.attempts == 1));
    assert!(report.abandoned.iter().any(|task| task.attempts == 0));
}

#[tokio::test(start_paused = true)]
async fn what_goes_before_the_tasks_is_ended_before_the_exits_even_if_the_tasks_are_cut_off() {
    for (grace, abandoned) in [(60, 0), (1, 1)] {
        let (runner, log) = (runner(), Log::default());
        let tasks = list(&runner);
        tasks.add_task(work, (SECOND,));
        let (before, exit) = (log.clone(), log.clone());
        Batch::new(tasks)
            .first(async move {
                sleep(Duration::from_millis(1200)).await;
                before.add("before");
            })
            .finally(|_| async move { exit.add("exit") })
            .submit();
        let report = runner.drain(sleep(grace * SECOND)).await;
        assert_eq!((report.stats.succeeded, report.stats.abandoned), (1 - abandoned, abandoned));
        assert_eq!(log.lines(), ["before", "exit"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_comes_during_the_drain_is_run_and_after_it_named() {
    let (runner, log) = (runner(), Log::default());
    let first = list(&runner);
    first.add_task(work, (10 * SECOND,));
    Batch::new(first).submit();
    let drain = tokio::spawn({
        let runner = runner.clone();
        async move { runner.drain(sleep(5 * SECOND)).await }
    });
    sleep(SECOND).await;
    let during = list(&runner);
    during.add_task(say, (log.clone(), "during"));
    run(during.clone()).await;
    let report = drain.await.unwrap();
    assert_eq!((report.abandoned.len(), report.took.as_secs()), (1, 5));

    let after = list(&runner);
    after.add_task(say, (log.clone(), "after"));
    let exits = log.clone();
    Batch::new(after).finally(|_| async move { exits.add("exit") }).submit();
    during.add_task(say, (log.clone(), "late"));
    let dropped = list(&runner);
    dropped.add_task(say, (log.clone(), "dropped"));
    drop(dropped);
    runner.idle().await;
    assert_eq!(log.lines(), ["during", "exit"]);
    let stats = runner.stats();
    assert_eq!((stats.abandoned, stats.succeeded, stats.queued, stats.accepted()), (4, 1, 0, 5));
    let second = runner.drain(std::future::ready(())).await;
    assert_eq!(second.abandoned.len(), 3, "what was named since is in the next report");
}

#[test]
fn what_was_lost_before_a_drain_is_counted_and_not_the_drains_to_name() {
    let runner = runner();
    for _ in 0..10 {
        let tasks = list(&runner);
        tasks.add_task(async || (), ());
        // There is no runtime.
        Batch::new(tasks).finally(async |_| ()).submit();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let report = runtime.block_on(runner.drain(std::future::pending()));
    assert_eq!((report.abandoned.len(), report.requests.len(), report.stats.abandoned), (0, 0, 10));
    assert!(report.is_complete(), "{report}");
}

/// A failed assertion in a test ends its runtime in this way.
#[test]
fn a_runtime_that_ends_by_a_panic_names_all_that_waits() {
    let runner = Runner::new(TaskLimits::default().batches(1));
    let waits = runner.clone();
    let ended = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for _ in 0..20_000 {
                let tasks = list(&waits);
                tasks.add_task(std::future::pending::<()>, ());
                Batch::new(tasks).submit();
            }
            tokio::task::yield_now().await;
        });
        panic!("on purpose");
    });
    assert!(ended.join().is_err());
    assert_eq!(runner.stats().abandoned, 20_000);
}

#[tokio::test(start_paused = true)]
async fn exits_that_run_at_the_deadline_have_their_grace_too() {
    let runner = Runner::new(TaskLimits::default().exit_grace(10 * SECOND));
    let log = Log::default();
    for (name, time) in [("quick", 5), ("slow", 50)] {
        let log = log.clone();
        let exits = async move |_| {
            sleep(time * SECOND).await;
            log.add(name);
        };
        Batch::new(runner.tasks(Origin::new(time.into(), "POST /"))).finally(exits).submit();
    }
    let report = runner.drain(sleep(SECOND)).await;
    assert_eq!(log.lines(), ["quick"]);
    let named: Vec<_> = report.requests.iter().map(|request| (request.origin.id, request.what)).collect();
    assert_eq!(named, [(50, Leftover::Exits)], "what has not ended is named");
}

#[tokio::test(start_paused = true)]
async fn kept_requests_are_finished_or_named() {
    let (runner, log) = (runner(), Log::default());
    let inner = log.clone();
    runner.keep(Origin::new(1, "GET /quick"), None, async move {
        sleep(SECOND).await;
        inner.add("quick");
    });
    let (tasks, inner) = (list(&runner), log.clone());
    runner.keep(Origin::new(2, "GET /slow"), None, async move {
        tasks.add_task(say, (inner, "never"));
        sleep(100 * SECOND).await;
        runner_is_kept_alive(&tasks);
    });
    let report = runner.drain(sleep(10 * SECOND)).await;
    assert_eq!(log.lines(), ["quick"]);
    assert_eq!(report.requests.len(), 1);
    let lost = &report.requests[0];
    assert_eq!((lost.what, lost.origin.id, lost.age.as_secs()), (Leftover::Request, 2, 10));
    assert_eq!(report.abandoned.len(), 1, "its tasks are named with it");
    assert_eq!(report.stats.accepted(), report.stats.abandoned);
}

fn runner_is_kept_alive(_: &epilogue_runtime::BackgroundTasks) {}

/// What a request holds: when it is dropped, it submits its exits.
struct Owes(Option<Batch>);

impl Drop for Owes {
    fn drop(&mut self) {
        if let Some(batch) = self.0.take() {
            batch.submit();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_exits_of_a_kept_request_that_never_went_on_are_waited_for() {
    let (runner, log) = (runner(), Log::default());
    let exit = log.clone();
    let batch = Batch::new(list(&runner)).finally(|_| async move {
        sleep(Duration::from_millis(300)).await;
        exit.add("exit");
    });
    let owes = Owes(Some(batch));
    runner.keep(Origin::new(1, "GET /"), None, async move {
        let _owes = owes;
        sleep(3600 * SECOND).await;
    });
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!((log.lines(), report.requests.len()), (vec!["exit".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn exits_have_a_grace_of_their_own() {
    let runner = Runner::new(TaskLimits::default().exit_grace(2 * SECOND));
    let log = Log::default();
    for (id, time) in [(1, SECOND), (2, 100 * SECOND)] {
        let tasks = runner.tasks(Origin::new(id, "GET /"));
        tasks.add_task(work, (50 * SECOND,));
        let log = log.clone();
        let batch = Batch::new(tasks).finally(move |_| async move {
            sleep(time).await;
            log.add("exit");
        });
        batch.submit();
    }
    let report = runner.drain(sleep(SECOND)).await;
    assert_eq!(log.lines(), ["exit"]);
    assert_eq!((report.requests.len(), report.requests[0].origin.id), (1, 2));
    assert_eq!(report.requests[0].what, Leftover::Exits);
    assert_eq!((report.abandoned.len(), report.stuck.len()), (2, 0));
}

#[tokio::test]
async fn blocking_tasks_are_waited_for_and_at_the_deadline_named() {
    let (runner, log) = (Runner::new(TaskLimits::default().blocking(1)), Log::default());
    let (release, released) = mpsc::channel::<()>();
    let (started, has_started) = oneshot::channel();
    let tasks = list(&runner);
    let inner = log.clone();
    tasks.add_task(
        move || {
            started.send(()).unwrap();
            released.recv().unwrap();
            inner.add("ended");
        },
        (),
    );
    Batch::new(tasks).submit();
    let second = list(&runner);
    let inner = log.clone();
    second.add_task(move || inner.add("never begun"), ());
    Batch::new(second).submit();
    has_started.await.unwrap();
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!((report.abandoned.len(), report.blocking), (2, 1));
    assert!(!report.is_complete());
    release.send(()).unwrap();
    runner.idle().await;
    assert_eq!(log.lines(), ["ended"]);
    assert_eq!((runner.stats().abandoned, runner.stats().accepted()), (2, 2), "named, and not counted again");
}

#[test]
fn a_blocking_task_that_was_withdrawn_before_it_began_is_not_reported_as_running() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
    runtime.block_on(async {
        let (release, released) = mpsc::channel::<()>();
        let other = tokio::task::spawn_blocking(move || released.recv());
        let (runner, log) = (runner(), Log::default());
        for _ in 0..3 {
            let (tasks, log) = (list(&runner), log.clone());
            tasks.add_task(move || log.add("called"), ());
            Batch::new(tasks).submit();
        }
        tokio::task::yield_now().await;
        let report = runner.drain(std::future::ready(())).await;
        let attempts: Vec<_> = report.abandoned.iter().map(|task| task.attempts).collect();
        assert_eq!((attempts, report.blocking), (vec![0; 3], 0), "{report}");
        release.send(()).unwrap();
        other.await.unwrap().unwrap();
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        assert!(log.lines().is_empty());
    });
}

#[tokio::test]
async fn a_call_on_the_blocking_pool_that_begins_as_the_last_one_ends_is_waited_for() {
    let runner = runner();
    let last = runner.blocking_call();
    let idle = runner.clone();
    let idle = tokio::spawn(async move { idle.idle().await });
    tokio::task::yield_now().await;
    drop(last);
    let next = runner.blocking_call();
    tokio::task::yield_now().await;
    assert!(!idle.is_finished());
    drop(next);
    idle.await.unwrap();
}

#[tokio::test]
async fn what_is_cut_off_is_named_oldest_first() {
    let runner = Runner::new(TaskLimits::default());
    let submit = |name, running: oneshot::Receiver<()>| {
        let tasks = list(&runner);
        tasks.add_task(async || drop(running.await), ()).name(name);
        Batch::new(tasks).submit();
    };
    // The place of the first one in the books goes to the last one.
    let mut ends = Vec::new();
    for name in ["ended", "first", "second", "third"] {
        let (end, running) = oneshot::channel();
        submit(name, running);
        ends.push(end);
        if name == "first" {
            ends.remove(0).send(()).unwrap();
            while runner.stats().succeeded == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
    tokio::task::yield_now().await;
    let report = runner.drain(std::future::ready(())).await;
    let names: Vec<_> = report.abandoned.iter().map(|task| &*task.name).collect();
    assert_eq!(names, ["first", "second", "third"]);
    assert!(
        report
            .to_string()
            .starts_with("tasks run since the start: 1, abandoned: 3 (the first: first of POST /test"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_never_comes_to_an_await_does_not_hold_up_the_end() {
    // Which nothing waits for, since there are no exits.
    let exit_grace = 60 * SECOND;
    let runner = Runner::new(TaskLimits::default().exit_grace(exit_grace));
    let (release, released) = mpsc::channel::<()>();
    let (started, has_started) = oneshot::channel();
    let tasks = list(&runner);
    tasks.add_task(
        async move || {
            started.send(()).unwrap();
            released.recv().unwrap();
        },
        (),
    );
    tasks.add_task(async || (), ());
    Batch::new(tasks).submit();
    has_started.await.unwrap();
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!((report.stuck.len(), report.abandoned.len(), report.is_complete()), (1, 0, false));
    assert_eq!(report.stuck[0].what, Leftover::Batch);
    assert!(report.to_string().ends_with("batches, requests and exits that did not stop: 1"), "{report}");
    assert!(report.took < exit_grace, "{:?}", report.took);
    release.send(()).unwrap();
    runner.idle().await;
    let stats = runner.stats();
    assert_eq!((stats.queued, stats.running, stats.accepted(), stats.ran() + stats.abandoned), (0, 0, 2, 2));
}

/// Together they take longer than a drain waits for one that makes no progress.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_never_come_to_an_await_are_run_to_their_end_if_each_of_them_ends() {
    let runner = runner();
    let (started, has_started) = oneshot::channel();
    let tasks = list(&runner);
    tasks.add_task(async move || started.send(()).unwrap(), ());
    for _ in 0..12 {
        tasks.add_task(async || std::thread::sleep(Duration::from_millis(60)), ());
    }
    Batch::new(tasks).submit();
    has_started.await.unwrap();
    let report = runner.drain(std::future::ready(())).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.stats.succeeded, 13);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_never_comes_to_an_await_and_adds_others_does_not_hold_up_the_end_either() {
    let runner = runner();
    let (started, has_started) = oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let tasks = list(&runner);
    let more = tasks.clone();
    tasks.add_task(
        async move || {
            started.send(()).unwrap();
            while released.recv_timeout(Duration::from_millis(1)).is_err() {
                more.add_task(async || (), ());
            }
        },
        (),
    );
    Batch::new(tasks).submit();
    has_started.await.unwrap();
    let report = tokio::time::timeout(30 * SECOND, runner.drain(std::future::ready(()))).await;
    release.send(()).unwrap();
    assert_eq!(report.unwrap().stuck.len(), 1);
}

#[tokio::test]
async fn a_list_that_its_own_tasks_hold_is_freed_when_it_ran_or_was_cut_off() {
    let runner = runner();
    let held = std::sync::Arc::new(());
    let add_holder = |tasks: &epilogue_runtime::BackgroundTasks, forever: bool| {
        let (inner, held) = (tasks.clone(), held.clone());
        let body = async move || {
            if forever {
                std::future::pending::<()>().await;
            }
            drop((inner, held));
        };
        tasks.add_task(body, ());
    };
    let ran = list(&runner);
    add_holder(&ran, false);
    run(ran).await;
    let cut = list(&runner);
    add_holder(&cut, true);
    add_holder(&cut, false);
    Batch::new(cut).submit();
    tokio::task::yield_now().await;
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!(report.abandoned.len(), 2);
    assert_eq!(std::sync::Arc::strong_count(&held), 1);
}

#[test]
fn a_runtime_that_is_dropped_takes_all_batches_with_it_and_each_task_is_counted() {
    let runner = Runner::new(TaskLimits::default().batches(2));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        for _ in 0..10_000 {
            let tasks = list(&runner);
            tasks.add_task(work, (3600 * SECOND,));
            Batch::new(tasks).finally(|_| async {}).submit();
        }
        tokio::task::yield_now().await;
    });
    drop(runtime);
    let stats = runner.stats();
    assert_eq!((stats.abandoned, stats.queued, stats.running, stats.waiting_batches), (10_000, 0, 0, 0));
}
