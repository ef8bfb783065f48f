//! Tasks that fail, panic or run out of time harm nothing but themselves.

mod support;

use std::{io, sync::Arc, time::Duration};

use epilogue_runtime::{
    Background, BackgroundTasks, Batch, Origin, Runner, Running, SourceLine, Task, TaskContext, TaskEvent,
    TaskLimits, TaskObserver, TaskOptions, TaskOutcome,
};
use futures_util::FutureExt;
use support::{Log, list, run, runner, say};
use tokio::sync::oneshot;

async fn panics() {
    panic!("as it must");
}

fn panics_now(text: &'static str) {
    panic!("{text}");
}

struct Dropped(Log);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add("stopped");
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

async fn fails() -> Result<(), String> {
    Err("no such address".to_owned())
}

#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] io::Error);

#[tokio::test]
async fn each_end_is_counted_reported_and_the_next_task_runs() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(panics, ());
    tasks.add_task(say, (log.clone(), "after a panic"));
    tasks.add_task(panics_now, ("on the pool",));
    tasks.add_task(say, (log.clone(), "after a blocking panic"));
    tasks.add_task(fails, ()).name("mail");
    tasks.add_task(say, (log.clone(), "after an error"));
    tasks.add_task(|| Err::<(), _>(io::Error::other(Outer(io::Error::other("inner")))), ());
    tasks.add_task(|| Err::<(), Box<dyn std::error::Error + Send + Sync>>("boxed".into()), ());
    tasks.add_task(|| Err::<(), Box<dyn std::error::Error>>(Outer(io::Error::other("boxed")).into()), ());

    let report = run(tasks).await;
    assert_eq!(log.lines(), ["after a panic", "after a blocking panic", "after an error"]);
    let ends: Vec<_> = report.failed.iter().map(|task| (task.outcome, task.message.as_str())).collect();
    let expected = [
        (TaskOutcome::Panicked, "as it must"),
        (TaskOutcome::Panicked, "on the pool"),
        (TaskOutcome::Failed, "no such address"),
        (TaskOutcome::Failed, "outer: inner"),
        (TaskOutcome::Failed, "boxed"),
        (TaskOutcome::Failed, "outer: boxed"),
    ];
    assert_eq!(ends, expected);
    assert_eq!(report.failed[0].name, "faults::panics");
    assert_eq!(report.failed[2].name, "mail");
    assert!(report.failed.iter().all(|task| task.attempts == 1), "{report:?}");
    let stats = runner.stats();
    assert_eq!((stats.succeeded, stats.failed, stats.panicked), (3, 4, 2));
    assert_eq!((stats.queued, stats.running, stats.accepted()), (0, 0, 9));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_runs_out_of_time_is_stopped_and_the_next_runs() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    let guard = Dropped(log.clone());
    let hang = async move || {
        let _guard = guard;
        std::future::pending::<()>().await;
    };
    tasks.add_task(hang, ()).timeout(Duration::from_secs(5));
    tasks.add_task(say, (log.clone(), "next")).timeout(Duration::from_secs(5));
    let begun = tokio::time::Instant::now();
    let report = run(tasks).await;
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(report.failed[0].outcome, TaskOutcome::TimedOut);
    assert_eq!(log.lines(), ["stopped", "next"]);
    assert_eq!((runner.stats().timed_out, runner.stats().succeeded), (1, 1));
}

#[tokio::test]
async fn a_blocking_task_that_runs_out_of_time_is_waited_for_but_not_by_its_batch() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let inner = log.clone();
    let block = move || {
        released.recv().unwrap();
        inner.add("ended at last");
    };
    tasks.add_task(block, ()).timeout(Duration::from_millis(20));
    tasks.add_task(say, (log.clone(), "next"));
    let report = run(tasks).await;
    assert_eq!(report.failed[0].outcome, TaskOutcome::TimedOut);
    assert_eq!(log.lines(), ["next"]);

    let idle = tokio::spawn({
        let runner = runner.clone();
        async move { runner.idle().await }
    });
    tokio::task::yield_now().await;
    assert!(!idle.is_finished());
    release.send(()).unwrap();
    idle.await.unwrap();
    assert_eq!(log.lines(), ["next", "ended at last"]);
    assert_eq!(runner.stats().accepted(), 2, "its end is not counted twice");
}

#[tokio::test]
async fn exits_and_drops_that_panic_change_no_count() {
    let (runner, log) = (runner(), Log::default());

    let tasks = list(&runner);
    let bomb = Bomb;
    tasks.add_task(async move || drop(bomb), ());
    let bomb = Bomb;
    let discarded = move || drop(bomb);
    let second = log.clone();
    let batch = Batch::new(tasks)
        .finally(|_| async { panic!("in an exit") })
        .finally(|report| {
            assert!(report.failed.is_empty(), "before an exit");
            async {}
        })
        .finally(|_| async move { second.add("third exit") });
    batch.submit();
    runner.idle().await;
    assert_eq!(log.lines(), ["third exit"]);

    let tasks = list(&runner);
    tasks.add_task(discarded, ());
    tasks.discard();
    Batch::new(runner.tasks(Origin::new(1, "GET /"))).finally(|_| async { panic!("alone") }).submit();
    runner.idle().await;
    let stats = runner.stats();
    assert_eq!((stats.panicked, stats.discarded, stats.queued, stats.running), (1, 1, 0, 0));
}

/// What two dropped functions hold: if a second panic came while the first one unwinds, the process would abort.
fn followed_by_bombs(runner: &Runner) -> Batch {
    let (first, second) = (Bomb, Bomb);
    Batch::new(list(runner))
        .finally(async move |_| {
            std::future::pending::<()>().await;
            drop(first);
        })
        .finally(async move |_| drop(second))
}

#[tokio::test]
async fn exits_that_are_cut_off_may_panic_one_after_another() {
    let runner = Runner::new(TaskLimits::default().exit_grace(Duration::from_millis(1)));
    followed_by_bombs(&runner).submit();
    tokio::task::yield_now().await;
    let report = runner.drain(std::future::ready(())).await;
    assert_eq!((report.requests.len(), report.stuck.len()), (1, 0));
}

#[test]
fn exits_without_a_runtime_may_panic_one_after_another() {
    let runner = runner();
    followed_by_bombs(&runner).submit();
    drop(followed_by_bombs(&runner));
    assert_eq!(runner.stats().batches, 0);
}

#[tokio::test]
async fn an_argument_that_panics_when_it_is_dropped_ends_its_task_only() {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Explosive {
        #[serde(skip)]
        bomb: Option<Arc<Bomb>>,
    }

    impl Task for Explosive {
        const NAME: &'static str = "explosive";
        const OPTIONS: TaskOptions = TaskOptions::new().retries(1);
        const LOCATION: SourceLine = SourceLine::new(file!(), line!());

        fn run(self, _context: &TaskContext) -> Running {
            // The copy that is kept for the next attempt holds a bomb, too, which goes off when that copy is dropped.
            Running::future(async move { drop(self.bomb) })
        }
    }

    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add(Explosive { bomb: Some(Arc::new(Bomb)) });
    tasks.add_task(say, (log.clone(), "next"));
    let report = run(tasks).await;
    assert_eq!(log.lines(), ["next"]);
    assert_eq!((report.succeeded, runner.stats().accepted()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_before_there_is_a_future_is_tried_as_often_as_others() {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Futureless {}

    impl Task for Futureless {
        const NAME: &'static str = "futureless";
        const OPTIONS: TaskOptions = TaskOptions::new().retries(2).retry_on_panic();
        const LOCATION: SourceLine = SourceLine::new(file!(), line!());

        fn run(self, _context: &TaskContext) -> Running {
            panic!("no mailbox")
        }
    }

    let runner = runner();
    let tasks = list(&runner);
    tasks.add(Futureless {});
    let failed = &run(tasks).await.failed[0];
    assert_eq!((failed.outcome, failed.attempts), (TaskOutcome::Panicked, 3));
}

#[tokio::test]
async fn a_running_task_that_panics_when_it_is_cut_off_is_named_like_others() {
    async fn hold(_bomb: Bomb) {
        std::future::pending::<()>().await;
    }

    // Dropped by the owner of a list that is run by hand, and by a drain's deadline.
    let by_hand = BackgroundTasks::new();
    by_hand.add_task(hold, (Bomb,));
    assert!(by_hand.run_all().now_or_never().is_none());

    let (runner, log) = (runner(), Log::default());
    let (tasks, exit) = (list(&runner), log.clone());
    tasks.add_task(hold, (Bomb,));
    tasks.add_task(say, (log.clone(), "next"));
    Batch::new(tasks).finally(|_| async move { exit.add("exit") }).submit();
    tokio::task::yield_now().await;
    let report = runner.drain(std::future::ready(())).await;
    let attempts: Vec<_> = report.abandoned.iter().map(|task| task.attempts).collect();
    assert_eq!((attempts, log.lines()), (vec![1, 0], vec!["exit".to_owned()]));
}

#[tokio::test]
async fn a_drop_that_panics_keeps_no_other_from_being_dropped() {
    async fn hold(_held: Dropped) {
        std::future::pending::<()>().await;
    }

    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Again {
        #[serde(skip)]
        _bomb: Option<Arc<Bomb>>,
    }

    impl Task for Again {
        const NAME: &'static str = "again";
        const OPTIONS: TaskOptions = TaskOptions::new().retries(1);
        const LOCATION: SourceLine = SourceLine::new(file!(), line!());

        fn run(self, _context: &TaskContext) -> Running {
            Running::future(async { Err("not yet") })
        }
    }

    // What panics when it is dropped is waiting for its next attempt, or for its place on the blocking pool.
    let (runner, log) = (Runner::new(TaskLimits::default().blocking(1)), Log::default());
    let (busy, end) = std::sync::mpsc::channel::<()>();
    let first = list(&runner);
    first.add_task(
        move || {
            let _ = end.recv();
        },
        (),
    );
    Batch::new(first).submit();
    let tasks = list(&runner);
    tasks.concurrent(10);
    let bomb = Bomb;
    tasks.add_task(hold, (Dropped(log.clone()),));
    tasks.add(Again { _bomb: Some(Arc::new(Bomb)) });
    tasks.add_task(hold, (Dropped(log.clone()),));
    tasks.add_task(move || drop(bomb), ());
    tasks.add_task(hold, (Dropped(log.clone()),));
    Batch::new(tasks).submit();
    while runner.stats().retried == 0 {
        tokio::task::yield_now().await;
    }
    let report = runner.drain(std::future::ready(())).await;
    drop(busy);
    assert_eq!(log.lines(), ["stopped"; 3]);
    assert_eq!((report.abandoned.len(), report.stats.accepted()), (6, 6));
}

#[test]
fn the_tasks_of_a_reply_that_never_left_may_panic_one_after_another() {
    async fn hold(_bomb: Bomb, _dropped: Dropped) {}

    let log = Log::default();
    let task = || Background::task(hold, (Bomb, Dropped(log.clone())));
    let reply = task().and(hold, (Bomb, Dropped(log.clone())));
    let clone = reply.clone();
    drop(reply);
    assert!(log.lines().is_empty(), "the clone holds them");
    drop(clone);
    assert_eq!(log.lines(), ["stopped"; 2]);
}

#[tokio::test(start_paused = true)]
async fn of_many_tasks_each_is_counted_once_under_its_end() {
    let runner = runner();
    for batch in 0..100 {
        let tasks = list(&runner);
        tasks.concurrent(batch % 7);
        for task in 0..100 {
            let n = batch * 100 + task;
            let body = async move || {
                if n % 13 == 0 {
                    std::future::pending::<()>().await;
                }
                assert!(n % 7 != 0, "every seventh");
                if n % 11 == 0 { Err("every eleventh") } else { Ok(()) }
            };
            tasks.add_task(body, ()).timeout(Duration::from_millis(50));
        }
        Batch::new(tasks).submit();
    }
    runner.idle().await;
    let hung = (0..10_000).filter(|n| n % 13 == 0).count() as u64;
    let panicked = (0..10_000).filter(|n| n % 13 != 0 && n % 7 == 0).count() as u64;
    let failed = (0..10_000).filter(|n| n % 13 != 0 && n % 7 != 0 && n % 11 == 0).count() as u64;
    let stats = runner.stats();
    assert_eq!((stats.timed_out, stats.panicked, stats.failed), (hung, panicked, failed));
    assert_eq!(stats.succeeded, 10_000 - hung - panicked - failed);
}

#[tokio::test]
async fn a_kept_request_is_run_to_its_end_and_its_panic_is_its_own() {
    let (runner, log) = (runner(), Log::default());
    let (release, released) = oneshot::channel::<()>();
    let inner = log.clone();
    runner.keep(Origin::new(1, "POST /orders"), None, async move {
        released.await.unwrap();
        inner.add("kept");
    });
    runner.keep(Origin::new(2, "POST /orders"), None, async { panic!("in a kept request") });
    tokio::task::yield_now().await;
    assert_eq!(runner.stats().kept, 1);
    release.send(()).unwrap();
    runner.idle().await;
    assert_eq!((log.lines(), runner.stats().kept), (vec!["kept".to_owned()], 0));
}

#[tokio::test]
async fn a_panic_that_nobody_reads_of_may_have_a_payload_that_panics_too() {
    struct Explodes;

    impl TaskObserver for Explodes {
        fn started(&self, _task: &TaskEvent<'_>) {
            std::panic::panic_any(Bomb);
        }
    }

    let runner = Runner::with_observers(TaskLimits::default(), vec![Arc::new(Explodes)]);
    let log = Log::default();
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "task"));
    let next = log.clone();
    Batch::new(tasks)
        .finally(async |_| std::panic::panic_any(Bomb))
        .finally(async move |_| next.add("next exits"))
        .submit();
    runner.keep(Origin::new(2, "GET /kept"), None, async { std::panic::panic_any(Bomb) });
    let report = runner.drain(std::future::pending()).await;
    assert_eq!(log.lines(), ["task", "next exits"]);
    assert!(report.is_complete(), "{report}");
}

#[tokio::test]
async fn a_detached_list_reports_in_the_same_way() {
    let tasks = BackgroundTasks::new();
    tasks.add_task(fails, ());
    tasks.add_task(|| (), ());
    let report = tasks.run_all().await;
    assert_eq!((report.succeeded, report.failed.len()), (1, 1));
    assert_eq!(report.failed[0].to_string(), "faults::fails failed: no such address");
    assert!(tasks.run_all().await.failed.is_empty());
}

#[tokio::test]
async fn a_function_that_only_panics_is_a_task() {
    let tasks = BackgroundTasks::new();
    tasks.add_task(|| panic!("blocking"), ());
    tasks.add_task(async || panic!("async"), ());
    tasks.add_task(|| async { panic!("a future") }, ());
    let report = tasks.run_all().await;
    let messages: Vec<_> = report.failed.iter().map(|task| &*task.message).collect();
    assert_eq!(messages, ["blocking", "async", "a future"]);
}
