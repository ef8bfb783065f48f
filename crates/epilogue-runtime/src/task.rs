//! What can be a task: functions with their arguments ([`TaskFn`]) and `#[task]` structs ([`Task`]).

mod backoff;
mod call;
mod context;
mod failure;
mod function;
mod info;
mod options;
mod queued;
mod returns;
mod running;
mod structure;

pub use backoff::Backoff;
pub use context::TaskContext;
pub use failure::TaskFailure;
pub use function::{Async, Blocking, Called, HandedOver, TaskArguments, TaskFn};
pub use info::TaskInfo;
pub use options::TaskOptions;
pub use returns::{TaskError, TaskReturn};
pub use running::Running;
pub use structure::Task;

pub(crate) use queued::{Queued, Work};
pub(crate) use running::{BlockingWork, Kind, TaskFuture};
pub(crate) use structure::{Attempts, Repeated};
