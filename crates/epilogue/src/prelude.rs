//! What most files of an app use: `use epilogue::prelude::*;`.

pub use bytes::Bytes;
pub use http::{HeaderName, HeaderValue, Method, StatusCode, header};

pub use crate::{
    App, Background, BackgroundTasks, ClientAddr, Cookie, Dependency, Depends, Extract, Form, Fresh, Header,
    HttpError, Json, Outcome, Path, Query, Rejection, Reply, RequestParts, Router, State, TaskLimits, delete,
    dependency, get, head, options, patch, post, put, routes, task, trace,
};
