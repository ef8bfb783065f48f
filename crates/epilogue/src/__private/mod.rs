//! What the code that the macros generate refers to, and what errors about it name. Nothing else may refer to it, since it can change in any
//! release.

mod asserts;
mod exit;
mod main_function;
mod names;
mod need;
mod output;
mod path_function;
mod result;
mod task;

pub use std::any::TypeId;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::convert::identity;
pub use std::marker::{PhantomData, Send, Sync};
pub use std::option::Option::{self, None, Some};
pub use std::primitive::{str, u8};
pub use std::result::Result::{self, Err, Ok};
pub use std::sync::Arc;
pub use std::time::Duration;
pub use std::vec::Vec;
pub use std::{concat, module_path};

pub use bytes::Bytes;
pub use epilogue_macros::listed_routes;
pub use epilogue_runtime::{Running as TaskRunning, Task, TaskContext, TaskOptions, TaskReturn};
pub use serde;

pub use self::asserts::{
    ReadableIn, SharedIn, asserting, dependency, number, output, parameter, readable, shared, text,
};
pub use self::exit::{ExitFuture, Exiting, NotAsync, exit_function, exits_async, output_of};
pub use self::main_function::block_on;
pub use self::names::{Names, Same, named};
#[cfg(not(feature = "multipart"))]
pub use self::need::{File, Files};
pub use self::need::{NeedOf, Needed};
pub use self::output::{NotShared, Output};
#[cfg(feature = "websocket")]
pub use self::path_function::socket_function;
pub use self::path_function::{Handling, blocking_path_function, path_function, sync_path_function};
pub use self::result::{IsResult, NotResult, PlainOutput, ResultLike, Unpack, no_result};
pub use self::task::{
    Argument, InTask, NoReturn, NotData, NotInTask, OtherReturn, TaskReturned, returned_by_task, task_failed,
    task_function,
};
pub use crate::app::{DeclaredRoute, Route, Routes, effect};
pub use crate::dependency::{AppScoped, Dependency, Depends, ExitReturn, InDepends, Outcome};
pub use crate::graph::check::{
    check_dependency, check_effect, check_listed, check_param, check_template, shape_of,
};
pub use crate::graph::fuel::{
    Cycling, Describe, Fuel, FuelOf, Unfinished, Whole, described, in_cycle, unfinished,
};
pub use crate::graph::node::{DependencyNode, Need, ParamNode, RouteNode, UNFINISHED_ROUTE};
pub use crate::graph::verdict::report;
pub use crate::graph::way::Way;
pub use crate::graph::{DependencyScope, SourceLine};
#[cfg(feature = "openapi")]
pub use crate::openapi::{
    Documented, DocumentedReply, ReplyDocs, Undocumented, UndocumentedDefault, UndocumentedReply,
};
pub use crate::openapi::{ParamDocs, RouteDocs};
pub use crate::param::{
    ApiKeyParam, Bound, ClientAddr, ExtensionParam, Extract, ExtractParam, Holds, HttpParam, InState,
    LeavesStream, NotField, Number, OAuth2CodeParam, OAuth2Param, OfStd, OpenIdParam, Param, ParamOptions,
    ParamOr, Query, Readable, ReadableOr, RequestParts, Shared, SocketParam, State, TakesStream, TaskData,
    TaskDataOfRequest, TaskDataOr, Text, Unsourced, Untakeable, Usable, WithValue, Writable,
};
#[cfg(feature = "multipart")]
pub use crate::param::{File, Files};
pub use crate::rejection::Rejection;
pub use crate::response::{
    EndsInJson, EndsInNoJson, Failure, IntoHttpError, JsonReply, NoOutput, NoReply, RaisedError, Reply,
    ReplyOr, ReplyValue, Returned, ReturnedReply, ReturnedValue, TupleReply, replied,
};
pub use crate::scope::{BoxFuture, Running, Scope, Site, Taking, Value};
pub use crate::sse::Sse;
#[cfg(feature = "websocket")]
pub use crate::websocket::{SocketReturn, WebSocket};
pub use crate::{__param_docs as param_docs, __route_docs as route_docs};

/// The traits that stand in for a missing implementation: see [`Usable`]. Without names, so that they hide none of the user's.
pub mod stand_ins {
    pub use super::{
        EndsInNoJson as _, LeavesStream as _, Needed as _, NoOutput as _, NoReply as _, NoReturn as _,
        NotAsync as _, NotData as _, NotField as _, NotInTask as _, NotResult as _, NotShared as _,
        OtherReturn as _, ReturnedReply as _, ReturnedValue as _, Unsourced as _, Untakeable as _,
    };
}
