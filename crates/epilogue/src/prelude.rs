//! What most files of an app use: `use epilogue::prelude::*;`.

#[doc(no_inline)]
pub use bytes::Bytes;
#[doc(no_inline)]
pub use http::{HeaderName, HeaderValue, Method, StatusCode, header};

#[cfg(feature = "openapi")]
#[doc(no_inline)]
pub use crate::OpenApi;
#[doc(no_inline)]
pub use crate::{
    ApiKey, ApiKeyHeader, ApiKeyQuery, App, Background, BackgroundTasks, ClientAddr, Dependency, Depends,
    Event, EventSender, EventStream, Extract, Form, Fresh, Header, HttpBasic, HttpBearer, HttpDigest,
    HttpError, HttpScheme, IntoResponse, Json, OAuth2AuthorizationCodeBearer, OAuth2CodeScheme,
    OAuth2PasswordBearer, OAuth2PasswordForm, OAuth2Scheme, OpenIdConnect, OpenIdScheme, Outcome, Panicked,
    Path, Query, Rejection, Reply, RequestParts, Response, Router, Secret, SecurityScopes, Shutdown, Sse,
    SseClosed, State, TaskLimits, delete, dependency, get, head, options, patch, post, put, routes, task,
    trace,
};
#[cfg(feature = "cookie")]
#[doc(no_inline)]
pub use crate::{ApiKeyCookie, Cookie};
#[cfg(feature = "multipart")]
#[doc(no_inline)]
pub use crate::{File, UploadFile};
#[cfg(feature = "websocket")]
#[doc(no_inline)]
pub use crate::{WebSocket, websocket};
