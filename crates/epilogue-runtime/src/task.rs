//! What can be a task: functions with their arguments ([`TaskFn`]) and `#[task]` structs ([`Task`]).

mod call;
mod context;
mod failure;
mod function;
mod info;
mod queued;
mod retry;
mod returns;
mod running;
mod structure;

pub use context::TaskContext;
pub use failure::TaskFailure;
pub use function::{Async, Blocking, Called, HandedOver, TaskArguments, TaskFn};
pub use info::TaskInfo;
pub use retry::Backoff;
pub use returns::{TaskError, TaskReturn};
pub use running::Running;
pub use structure::{Task, TaskDefaults};

pub(crate) use queued::{Attempts, Queued, Work};
pub(crate) use retry::Retry;
pub(crate) use running::{BlockingWork, Kind, TaskFuture};
pub(crate) use structure::Repeated;
