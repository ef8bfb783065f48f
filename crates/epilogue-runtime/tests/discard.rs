//! Of a failed request, only the tasks added with `.always()` run.

mod support;

use epilogue_runtime::{BackgroundTasks, Batch};
use support::{How, Log, flaky, list, run, runner, say, with_attempts};

#[tokio::test]
async fn only_always_survives_before_and_after() {
    let (runner, log) = (runner(), Log::default());
    with_attempts(&runner);
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "dropped"));
    tasks.add_task(say, (log.clone(), "always")).always();
    tasks.add(flaky("struct", 0, How::Error)).always();
    tasks.discard();
    assert_eq!(tasks.len(), 2);
    tasks.add_task(say, (log.clone(), "dropped, too"));
    tasks.add_task(say, (log.clone(), "always, too")).always();
    let report = run(tasks).await;
    assert_eq!(report.succeeded, 3);
    assert_eq!(log.lines(), ["always", "always, too"]);
    let stats = runner.stats();
    assert_eq!((stats.succeeded, stats.discarded, stats.queued, stats.accepted()), (3, 2, 0, 5));
}

#[tokio::test]
async fn what_survivors_add_runs_too() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.discard();
    let (inner, inner_log) = (tasks.clone(), log.clone());
    tasks.add_task(async move || drop(inner.add_task(say, (inner_log, "added"))), ()).always();
    run(tasks).await;
    assert_eq!(log.lines(), ["added"]);
}

#[tokio::test]
async fn a_list_that_nobody_submits_is_counted_as_discarded() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(say, (log.clone(), "never"));
    tasks.add_task(|| (), ());
    assert_eq!(runner.stats().queued, 2);
    drop(tasks);
    assert_eq!((runner.stats().queued, runner.stats().discarded), (0, 2));
    runner.idle().await;
    assert!(log.lines().is_empty());
}

#[tokio::test]
async fn discarding_a_running_list_drops_what_has_not_begun() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    let (inner, inner_log) = (tasks.clone(), log.clone());
    tasks.add_task(
        async move || {
            inner.add_task(say, (inner_log, "late"));
            inner.discard();
        },
        (),
    );
    Batch::new(tasks).submit();
    runner.idle().await;
    assert!(log.lines().is_empty());
    assert_eq!((runner.stats().succeeded, runner.stats().discarded), (1, 1));
}

#[test]
fn a_detached_list_is_dropped_in_silence() {
    let tasks = BackgroundTasks::new();
    tasks.add_task(|| (), ());
    assert_eq!(tasks.len(), 1);
}

/// If it is dropped before it has run, it adds itself again, a given number of times.
struct Again {
    tasks: BackgroundTasks,
    log: Log,
    left: u32,
}

impl Drop for Again {
    fn drop(&mut self) {
        self.log.add(self.left.to_string());
        if self.left > 0 {
            let again = Self { tasks: self.tasks.clone(), log: self.log.clone(), left: self.left - 1 };
            self.tasks.add_task(hold, (again,));
        }
    }
}

async fn hold(_again: Again) {
    std::future::pending::<()>().await;
}

#[test]
fn what_the_drop_of_a_discarded_task_adds_is_discarded_too() {
    let (runner, log) = (runner(), Log::default());
    let tasks = list(&runner);
    tasks.add_task(hold, (Again { tasks: tasks.clone(), log: log.clone(), left: 5 },));
    tasks.discard();
    assert_eq!(log.lines(), ["5", "4", "3", "2", "1", "0"]);
    assert_eq!((runner.stats().discarded, runner.stats().queued), (6, 0));
}

#[tokio::test]
async fn a_task_that_always_adds_itself_again_comes_to_an_end() {
    for cut in [false, true] {
        let (runner, log) = (runner(), Log::default());
        let tasks = list(&runner);
        tasks.add_task(hold, (Again { tasks: tasks.clone(), log: log.clone(), left: u32::MAX },));
        if cut {
            Batch::new(tasks).submit();
            tokio::task::yield_now().await;
            runner.drain(std::future::ready(())).await;
        } else {
            tasks.discard();
        }
        let stats = runner.stats();
        assert_eq!((stats.queued, stats.running), (0, 0));
        assert_eq!(stats.accepted(), if cut { stats.abandoned } else { stats.discarded });
    }
}
