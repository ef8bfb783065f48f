//! Runs Epilogue's background tasks: task lists, batches and the runner that loses none of them.
//!
//! A request has one [`BackgroundTasks`]. Whatever holds a clone of it queues work; nothing runs until the reply
//! has left, when the list is handed to a [`Runner`] as a [`Batch`]:
//!
//! ```
//! use epilogue_runtime::{Batch, Origin, Runner, TaskLimits};
//!
//! async fn write_log(line: String) {
//!     println!("{line}");
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let runner = Runner::new(TaskLimits::default());
//! let tasks = runner.tasks(Origin::new(1, "POST /send"));
//! tasks.add_task(write_log, ("sent".to_owned(),));
//! tasks.add_task(|| println!("a sync function runs on the blocking pool"), ());
//!
//! Batch::new(tasks).submit(); // the reply has left
//! runner.idle().await;
//! assert_eq!(runner.stats().succeeded, 2);
//! # }
//! ```
//!
//! This crate knows nothing of HTTP, except under the feature `axum`: it handles what remains when the request is over.
//!
//! # What holds
//!
//! - Tasks of one list run in the order in which they were added, one after another, unless
//!   [`BackgroundTasks::concurrent`] says otherwise.
//! - A task that fails, panics or runs out of time is logged, counted, and the next one runs.
//! - Every task that was accepted is run to its end, dropped on purpose ([`BackgroundTasks::discard`]), or named as
//!   lost ([`DrainReport`]): the counters of [`TaskStats`] add up.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod added;
#[cfg(feature = "axum")]
mod axum;
mod background;
mod batch;
mod causes;
mod execution;
mod finally;
mod lane;
mod limits;
mod list;
#[cfg(feature = "metrics")]
mod metrics;
mod observer;
mod origin;
mod outcome;
mod panics;
mod reservation;
mod runner;
mod spare;
mod stats;
mod task;
mod tasks;

#[doc(hidden)]
pub use added::TriedAgain;
pub use added::{Added, AddedTask};
#[cfg(feature = "axum")]
pub use axum::{NoTasks, RequestSession, RequestTasks};
pub use background::Background;
pub use batch::{Batch, BatchReport, FailedTask};
#[doc(hidden)]
pub use causes::with_causes;
pub use lane::Lane;
pub use limits::TaskLimits;
#[cfg(feature = "metrics")]
pub use metrics::TaskMetrics;
pub use observer::{TaskEvent, TaskObserver};
pub use origin::{Origin, SourceLine};
pub use outcome::TaskOutcome;
#[doc(hidden)]
pub use panics::message as panic_message;
pub use reservation::Reservation;
#[doc(hidden)]
pub use runner::InFlight;
pub use runner::{AbandonedRequest, AbandonedTask, DrainReport, Leftover, Runner, Stuck};
pub use stats::TaskStats;
pub use task::{
    Async, Backoff, Blocking, Called, HandedOver, Running, Task, TaskArguments, TaskContext, TaskError,
    TaskFailure, TaskFn, TaskInfo, TaskOptions, TaskReturn,
};
pub use tasks::BackgroundTasks;
