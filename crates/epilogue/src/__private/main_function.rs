//! How an async `main` runs.

use std::pin::{Pin, pin};
use std::time::Duration;

/// How long functions on the blocking pool may go on once `main` has ended.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// Runs an async `main`.
///
/// # Panics
///
/// When the operating system gives the runtime no threads.
pub fn block_on<T>(main: impl Future<Output = T>) -> T {
    let mut output = None;
    run(pin!(async { output = Some(main.await) }));
    match output {
        Some(output) => output,
        None => panic!("`run` has returned before `main` has ended"),
    }
}

// Not generic, so that the runtime is compiled with this crate, and not with each app.
fn run(main: Pin<&mut dyn Future<Output = ()>>) {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            runtime.block_on(main);
            // Just dropping the runtime would wait for ever for a blocking function that does not end. Everything that the app had accepted is
            // done by now, or named as lost.
            runtime.shutdown_timeout(LAST_CALLS);
        }
        Err(error) => panic!("the runtime could not be built: {error}"),
    }
}
