//! What the code that the macros generate refers to. Nobody else may: it changes with any release.

pub use std::any::TypeId;
pub use std::boxed::Box;
pub use std::option::Option::{self, None, Some};
pub use std::primitive::str;
pub use std::result::Result::{self, Err, Ok};
pub use std::sync::Arc;
pub use std::time::Duration;
pub use std::{file, line, module_path};

pub use epilogue_runtime::{Running as TaskRunning, Task, TaskContext, TaskDefaults};
pub use serde;

pub use crate::app::{Route, Routes, check_in_task, effect, in_task};
pub use crate::body::ReplyBody;
pub use crate::dependency::{Dependency, ExitReturn, Outcome};
pub use crate::graph::check::{check_route, check_routes};
pub use crate::graph::fuel::{Describe, Described, Fuel, Full, Graph, HasNode, Unfinished};
pub use crate::graph::node::{DependencyNode, ParamNode, RouteNode, UNFINISHED_ROUTE};
pub use crate::graph::{DependencyScope, SourceLine};
pub use crate::param::{Bound, LeavesStream, Param, ParamOptions, TakesStream};
pub use crate::response::{Failure, Returned, ReturnedValue};
pub use crate::scope::{BoxFuture, Running, Scope, Site, Taking, Value, blocking, caught, caught_now};

/// The future of a request.
pub type Handling = BoxFuture<http::Response<ReplyBody>>;

/// What the macro saw of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct ParamFlags {
    pub scalar: bool,
    pub from_prefix: bool,
    pub takes_stream: bool,
}

/// The description of a parameter.
pub const fn param<P: Param<Via>, Via, F: Fuel>(
    name: &'static str,
    hyphenated: &'static str,
    options: ParamOptions,
    flags: ParamFlags,
    at: SourceLine,
) -> ParamNode {
    let source = <P::Source<F> as Described>::SOURCE;
    ParamNode {
        name,
        key: crate::graph::node::key_of(source, name, hyphenated, &options),
        options,
        source,
        scalar: flags.scalar,
        takes_stream: flags.takes_stream,
        from_prefix: flags.from_prefix,
        at,
    }
}

/// The types of a `Result`, by whatever name it is written.
pub trait ResultLike {
    type Ok;
}

impl<T, E> ResultLike for Result<T, E> {
    type Ok = T;
}

/// The output that an exit is called with.
pub fn output_of<T: Send + Sync + 'static>(value: Value) -> Arc<T> {
    value.downcast().unwrap_or_else(|_| {
        panic!("an exit was given the output of another dependency, which is a bug in epilogue")
    })
}

/// Runs an async `main`.
///
/// # Panics
///
/// When the operating system gives the runtime no threads.
pub fn block_on<T>(main: impl Future<Output = T>) -> T {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(main),
        Err(error) => panic!("the runtime could not be built: {error}"),
    }
}
