//! FastAPI's `Depends` and `BackgroundTasks` for Rust.
//!
//! Put a route macro on a function, declare what it needs as parameters, and queue what must happen *after the
//! reply*. The compiler checks the whole dependency graph. A small runtime runs the tasks once the reply has left,
//! and loses none of them.
//!
//! ```
//! use epilogue::prelude::*;
//!
//! #[derive(serde::Serialize)]
//! struct Message {
//!     message: &'static str,
//! }
//!
//! async fn write_log(message: String) -> std::io::Result<()> {
//!     println!("{message}");
//!     Ok(())
//! }
//!
//! #[dependency]
//! fn get_query(tasks: &BackgroundTasks, q: Query<Option<String>>) -> Option<String> {
//!     if let Some(q) = &*q {
//!         tasks.add_task(write_log, (format!("found query: {q}"),));
//!     }
//!     q.into_inner()
//! }
//!
//! #[post("/send-notification/{email}")]
//! async fn send_notification(
//!     email: Path<String>,
//!     tasks: &BackgroundTasks,
//!     _q: Depends<get_query>,
//! ) -> Json<Message> {
//!     tasks.add_task(write_log, (format!("message to {}", *email),));
//!     Json(Message { message: "Message sent" })
//! }
//!
//! let app = App::new().routes(routes![send_notification]);
//! # let _ = app;
//! ```
//!
//! Where to go from here:
//!
//! - [`Param`] lists what a function may take.
//! - [`macro@get`] describes routes; [`App`] and [`Server`], how to serve them.
//! - [`macro@dependency`] and [`Depends`] describe dependencies.
//! - [`BackgroundTasks`] describes tasks.
//! - [`testing`] has a client for tests.
//! - [`EpilogueLayer`] lets an axum app adopt dependencies and tasks.
//!
//! The repository has a book, which teaches all of it in order.
//!
//! # Features
//!
//! These are on by default. An app that does without them builds sooner with `default-features = false`:
//!
//! - `cookie`: `Cookie`, `ApiKeyCookie`, the cookies of a `Reply` and of the test client.
//! - `http2`: HTTP/2 with prior knowledge, beside HTTP/1.1.
//! - `multipart`: forms with files.
//! - `pattern`: `#[param(pattern = "…")]`.
//! - `websocket`: `#[websocket]`.
//!
//! Off by default:
//!
//! - `metrics`: an observer of tasks that reports to the recorder of the `metrics` crate.
//! - `openapi`: the documentation of the API, as `App::openapi` serves it.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod macros;
mod app;
mod body;
mod decode;
mod dependency;
mod error;
mod graph;
mod layer;
#[cfg(feature = "openapi")]
mod openapi;
mod param;
pub mod prelude;
mod rejection;
mod response;
mod scope;
mod security;
mod server;
mod sse;
pub mod testing;
#[cfg(not(feature = "openapi"))]
mod undocumented;
#[cfg(feature = "multipart")]
mod upload;
#[cfg(feature = "websocket")]
mod websocket;

#[doc(hidden)]
pub mod __private;
/// What the macros require of a user's types. Re-exported here so that errors do not name them under `__private`.
#[cfg(feature = "multipart")]
#[doc(hidden)]
pub use __private::Files;
#[cfg(feature = "websocket")]
#[doc(hidden)]
pub use __private::SocketReturn;
#[doc(hidden)]
pub use __private::{
    ApiKeyParam, ExitFuture, ExtensionParam, ExtractParam, Holds, HttpParam, InDepends, InState,
    IntoHttpError, OAuth2CodeParam, OAuth2Param, OfStd, OpenIdParam, ParamOr, PlainOutput, ReadableOr,
    ReplyOr, ResultLike, SocketParam, TaskData, TaskDataOfRequest, TaskDataOr, TupleReply, WithValue,
    Writable,
};

#[cfg(not(feature = "openapi"))]
use undocumented as openapi;

/// Task lists and the runner, as the `epilogue-runtime` crate has them.
use epilogue_runtime as tasks;

/// Cookies with attributes, for [`Reply::add_cookie`].
#[cfg(feature = "cookie")]
#[doc(no_inline)]
pub use cookie;

/// What streamed replies and error types of one's own are made of, as axum has them.
#[doc(no_inline)]
pub use axum_core::{
    body::Body,
    response::{IntoResponse, Response},
};

pub use app::{App, Graph, GraphNode, Layered, Router, Routes, StartError};
#[doc(hidden)]
pub use app::{AppLayer, HandlerReply, Route, RouteList, Unfailing};
pub use body::BrokenReply;
pub use dependency::{AppScoped, Dependency, Depends, ExitReturn, Fresh, Outcome};
#[cfg(feature = "metrics")]
pub use epilogue_runtime::TaskMetrics;
pub use epilogue_runtime::{
    AbandonedRequest, AbandonedTask, Added, AddedTask, Background, BackgroundTasks, Backoff, BatchReport,
    DrainReport, FailedTask, HandedOver, Leftover, NoTasks, Origin, Stuck, Task, TaskArguments, TaskEvent,
    TaskFn, TaskInfo, TaskLimits, TaskObserver, TaskOutcome, TaskReturn, TaskStats,
};
pub use error::{Error, Result};
pub use graph::SourceLine;
pub use layer::{DependsRejection, EpilogueLayer, EpilogueService};
#[cfg(feature = "websocket")]
pub use macros::websocket;
pub use macros::{Dependency, delete, dependency, get, head, main, options, patch, post, put, task, trace};
#[cfg(feature = "openapi")]
pub use openapi::OpenApi;
#[cfg(feature = "cookie")]
pub use param::Cookie;
#[cfg(feature = "multipart")]
pub use param::File;
pub use param::{
    ClientAddr, Extract, Form, Header, Json, Number, Param, Path, Query, Readable, RequestParts, Shared,
    Shutdown, State, Text,
};
pub use rejection::{Invalid, Loc, Rejection};
pub use response::{HttpError, Panicked, RaisedError, Reply, ReplyValue};
pub use scope::PlanError;
#[cfg(feature = "cookie")]
pub use security::ApiKeyCookie;
pub use security::{
    ApiKey, ApiKeyHeader, ApiKeyQuery, HttpBasic, HttpBearer, HttpDigest, HttpScheme,
    OAuth2AuthorizationCodeBearer, OAuth2CodeScheme, OAuth2PasswordBearer, OAuth2PasswordForm, OAuth2Scheme,
    OpenIdConnect, OpenIdScheme, Secret, SecurityScopes,
};
#[doc(hidden)]
pub use server::ServeAddress;
pub use server::Server;
#[doc(hidden)]
pub use sse::Events;
pub use sse::{Event, EventSender, EventStream, Sse, SseClosed};
#[cfg(feature = "multipart")]
pub use upload::{UploadFile, UploadReader};
#[cfg(feature = "websocket")]
#[doc(hidden)]
pub use websocket::SentText;
#[cfg(feature = "websocket")]
pub use websocket::{Message, WebSocket, WebSocketError, WebSocketReceiver, WebSocketSender};
