//! Tasks that never wait still let the others on their thread run.

mod support;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use epilogue_runtime::Batch;
use support::{list, runner};
use tokio::net::UnixStream;

const TASKS: usize = 30_000;

#[tokio::test]
async fn a_socket_is_looked_at_between_them() {
    let (runner, ran) = (runner(), Arc::new(AtomicUsize::new(0)));
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut theirs = theirs.into_std().unwrap();
    let tasks = list(&runner);
    tasks.add_task(async move || theirs.write_all(b"x"), ());
    for _ in 1..TASKS {
        let ran = Arc::clone(&ran);
        tasks.add_task(async move || _ = ran.fetch_add(1, Ordering::Relaxed), ());
    }
    let seen = tokio::spawn({
        let ran = Arc::clone(&ran);
        async move {
            ours.readable().await.unwrap();
            ran.load(Ordering::Relaxed)
        }
    });
    // After this, it is waiting for the socket, before the first task writes to it.
    tokio::task::yield_now().await;
    Batch::new(tasks).submit();
    let before = seen.await.unwrap();
    assert!(before < TASKS / 10, "{before} tasks ran before the socket was looked at");
    runner.idle().await;
    assert_eq!(runner.stats().succeeded, TASKS as u64);
}
